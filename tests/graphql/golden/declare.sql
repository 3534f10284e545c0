select jsonb_build_object('ref', price_ref, 'name', name, 'category', category, 'money', jsonb_build_object('amount', amount, 'currency', currency)) as price from prices where price_ref in (select jsonb_array_elements_text($1::jsonb));
select declare_session($1::jsonb) as answer;
