// A named key, tags, "not found" remembered for a shorter time, a handle that is no part of the key.

#[cache(ttl = 3600, null_ttl = 30, key = "user:{id}", tags = ["users", "team:{result.team}"])]
pub async fn find_user(db: &Db, id: u64) -> Result<Option<User>, DbError> {
    db.user(id).await
}
