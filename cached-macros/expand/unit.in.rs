// A function that returns nothing is run once per key and TTL.

#[cache(ttl = "1d", key = "greeted:{user}")]
async fn greet(user: u64) {
    send_greeting(user).await;
}
