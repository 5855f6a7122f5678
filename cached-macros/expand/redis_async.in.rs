// Shared through Redis: what is stored is awaited, but an error, which need not be `Send`, is not held meanwhile.

#[cache(ttl = 3600, null_ttl = 30, backend = "redis", key = "user:{id}", tags = ["users", "team:{result.team}"])]
pub async fn find_user(db: &Db, id: u64) -> Result<Option<User>, DbError> {
    db.user(id).await
}
