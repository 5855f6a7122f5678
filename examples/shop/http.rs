//! The routes. Nothing here knows of caches but `/stats`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::products::{self, Draft, Product, Summary};
use super::stats::CacheStats;
use super::users::{self, User};
use crate::db::{Db, DbError};

/// The service over this database.
pub fn router(db: Db) -> Router {
    Router::new()
        .route("/products", get(list_products).post(add_product))
        .route("/products/{id}", get(find_product).put(change_product).delete(remove_product))
        .route("/categories/{category}", get(summarize))
        .route("/users", get(list_users))
        .route("/users/{id}", get(find_user).put(rename_user))
        .route("/stats", get(stats))
        .with_state(db)
}

/// Why a request was not answered with what it asked for.
enum Refusal {
    NotFound,
    Failed(String),
}

type Answer<T> = Result<Json<T>, Refusal>;

#[derive(Serialize)]
struct Problem {
    error: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not found".to_string()),
            Self::Failed(error) => {
                // The reason is for the operator, not for the client.
                eprintln!("error: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_string())
            }
        };
        (status, Json(Problem { error })).into_response()
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Failed(error.to_string())
    }
}

fn found<T>(value: Option<T>) -> Answer<T> {
    value.map(Json).ok_or(Refusal::NotFound)
}

/// Runs a write to its end, also if the client hangs up.
///
/// A client that hangs up drops its handler. Dropped between commit and invalidation, a write would
/// leave the old value to be served; in a task of its own it goes on.
async fn to_the_end<T: Send + 'static>(
    write: impl Future<Output = Result<T, DbError>> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::spawn(write).await {
        Ok(written) => Ok(written?),
        Err(error) => Err(Refusal::Failed(error.to_string())),
    }
}

async fn find_product(State(db): State<Db>, Path(id): Path<u32>) -> Answer<Arc<Product>> {
    found(products::find_product(&db, id).await?)
}

#[derive(Deserialize)]
struct InCategory {
    category: u32,
    #[serde(default)]
    page: u32,
}

async fn list_products(State(db): State<Db>, Query(asked): Query<InCategory>) -> Answer<Arc<[Product]>> {
    Ok(Json(products::list_products(&db, asked.category, asked.page).await?))
}

async fn summarize(State(db): State<Db>, Path(category): Path<u32>) -> Answer<Summary> {
    Ok(Json(products::summarize(&db, category).await?))
}

async fn add_product(State(db): State<Db>, Json(draft): Json<Draft>) -> Result<(StatusCode, Json<Product>), Refusal> {
    let product = to_the_end(async move { products::add_product(&db, draft).await }).await?;
    Ok((StatusCode::CREATED, Json(product)))
}

async fn change_product(State(db): State<Db>, Path(id): Path<u32>, Json(draft): Json<Draft>) -> Answer<Product> {
    let change = to_the_end(async move { products::change_product(&db, id, draft).await }).await?;
    found(change.map(|change| change.after))
}

async fn remove_product(State(db): State<Db>, Path(id): Path<u32>) -> Answer<Product> {
    found(to_the_end(async move { products::remove_product(&db, id).await }).await?)
}

async fn find_user(State(db): State<Db>, Path(id): Path<u32>) -> Answer<Arc<User>> {
    found(users::find_user(&db, id).await?)
}

#[derive(Deserialize)]
struct OnPage {
    #[serde(default)]
    page: u32,
}

async fn list_users(State(db): State<Db>, Query(asked): Query<OnPage>) -> Answer<Arc<[User]>> {
    Ok(Json(users::list_users(&db, asked.page).await?))
}

#[derive(Deserialize)]
struct NewName {
    name: String,
}

async fn rename_user(State(db): State<Db>, Path(id): Path<u32>, Json(new): Json<NewName>) -> Answer<User> {
    found(to_the_end(async move { users::rename_user(&db, id, new.name).await }).await?)
}

async fn stats() -> Json<Vec<CacheStats>> {
    Json(super::stats::all())
}
