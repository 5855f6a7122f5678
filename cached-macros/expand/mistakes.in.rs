// All mistakes at once, and the function as it was written.

#[cache(tll = 60, key = "user:{idd}:{name}{id}", skip(db), jitter = 2)]
async fn find(db: &Db, id: u64, name: &str) -> Option<User> {
    db.find(id, name).await
}
