use cached_core::cache;

#[cache(ttl = "5 parsecs", key = "user:{id}")]
fn user_name(id: u64, language: &str) -> String {
    format!("{id} {language}")
}

#[cache(tll = 60)]
async fn team_name(id: u64) -> String {
    id.to_string()
}

pub async fn forget(id: u64) -> String {
    // The companions are there in spite of the mistakes: no error here.
    user_name::invalidate(id);
    team_name::invalidate(id).await;
    let names = team_name::uncached(id).await;
    user_name::cache().clear().wait();
    user_name::key(id) + &names
}

fn main() {}
