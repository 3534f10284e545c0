import { Schema } from "effect"

/** What is sold, as underwriting sees it. */
export const ProductCategory = Schema.Literals([
  "ruo_compounds",
  "supplements",
  "telehealth",
  "lab_tests",
  "membership",
  "merchandise"
])
export type ProductCategory = typeof ProductCategory.Type

export const productCategories = ProductCategory.literals

export const isProductCategory = Schema.is(ProductCategory)
