::core::compile_error! {
    "`#[cache]` has no argument `tll`; did you mean `ttl`?"
}
::core::compile_error! {
    "`skip` is for the default key; with `key`, leave the placeholder out instead"
}
::core::compile_error! {
    "no argument `idd`; this function has `db`, `id` and `name`; did you mean `id`?"
}
::core::compile_error! {
    "two placeholders need text between them, or different values would give one text; write `:` as in `\"{a}:{b}\"`"
}
::core::compile_error! {
    "`jitter` is the fraction of the `ttl` by which it is shortened at most: a number from 0 to below 1, such as `jitter = 0.1`"
}
async fn find(db: &Db, id: u64, name: &str) -> Option<User> {
    db.find(id, name).await
}
