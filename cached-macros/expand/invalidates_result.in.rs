// What is known only from the result is told after the body, with what was kept of the arguments.

#[invalidates(find_order(result.id, region), "orders:{region}:{result.customer}", tags = ["orders"], when = result.changed)]
async fn place_order(order: Order, region: String) -> Result<Placed, Error> {
    order.place(region).await
}
