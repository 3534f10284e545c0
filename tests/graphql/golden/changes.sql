select read_changes($1::jsonb) as answer;
