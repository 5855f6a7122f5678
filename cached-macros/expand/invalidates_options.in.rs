// Before the body as well, whatever it returns, and only if there is something to do.

#[invalidates("user:{id}", before, on = "always", when = !dry_run)]
fn delete_user(db: &mut Db, id: u64, dry_run: bool) -> Result<(), DbError> {
    db.delete(id, dry_run)
}

#[invalidates("settings")]
fn reset() {
    SETTINGS.reset();
}
