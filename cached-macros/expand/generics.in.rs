// Types and constants are part of the scope; the companion of a template asks only for those that its key needs.

#[cache(ttl = 60, key = "row:{key}")]
pub async fn row<'a, D, K, const WIDTH: usize>(db: &'a D, key: K) -> Result<[u8; WIDTH], D::Error>
where
    D: Database + ?Sized,
    K: Key<'a> + Clone,
{
    db.get(key).await
}

#[cache(ttl = 60)]
fn count<T: Table, const FAST: bool>() -> u64 {
    T::count(FAST)
}
