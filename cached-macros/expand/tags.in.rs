// Tags of arguments are known before the load, those of the result after it; what these take from arguments is kept meanwhile.

#[cache(ttl = 60, key = "orders:{customer.id}:{page}", tags = ["customer:{customer.id}", "page:{page}", "shop:{result.shop}:{customer.region()}"])]
async fn orders(customer: Customer, page: u32) -> Result<Orders, Error> {
    Orders::load(customer, page).await
}
