// The default key without the handle; attributes and visibility are kept.

/// How many members a team has.
#[cache(ttl = "5m", skip(db))]
#[tracing::instrument(skip_all)]
pub(crate) async fn member_count(db: &Db, team: u32) -> Result<u64, DbError> {
    let mut rows = db.members(team).await?;
    Ok(rows.count().await?)
}
