// By function, by tag, by key, by pattern.

#[invalidates(find_user(id), users::list_users(*), "user:{id}", "users:list:*", tags = ["team:{user.team}"])]
async fn save_user(db: &Db, id: u64, user: &User) -> Result<(), DbError> {
    db.save(id, user).await
}
