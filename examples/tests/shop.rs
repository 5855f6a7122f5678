//! Drives the shop service over HTTP.

mod client;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use client::Shop;
use examples::shop::products;
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const READERS: usize = 12;
const WRITERS: usize = 3;
const RUN: Duration = Duration::from_millis(2_500);

/// A category that no other test touches; it holds the products 91, 191, 291 ...
const CATEGORY: u32 = 90;
/// Few, so that readers and writers meet.
const HOT: usize = 4;

/// The newest version that the service has acknowledged for each thing. A reader looks here before it
/// asks; what it then gets must not be older (G7).
#[derive(Default)]
struct Acknowledged {
    products: [AtomicU64; HOT],
    category: AtomicU64,
    users: [AtomicU64; HOT],
}

/// The product with this index among the hot ones; the user's number is one more than its index.
fn product_id(at: usize) -> u64 {
    91 + 100 * at as u64
}

fn version(value: &Value) -> u64 {
    value["version"].as_u64().unwrap_or_else(|| panic!("no version in {value}"))
}

fn now(floor: &AtomicU64) -> u64 {
    floor.load(Ordering::SeqCst)
}

/// One read of each kind in turn; panics if it shows something older than was acknowledged before it.
async fn read(shop: &Shop, acknowledged: &Acknowledged, turn: usize) {
    let at = turn / 5 % HOT;
    match turn % 5 {
        0 => {
            let floor = now(&acknowledged.products[at]);
            let product = shop.get(&format!("/products/{}", product_id(at))).await;
            assert!(version(&product) >= floor, "by key: {product} is older than {floor}");
        }
        1 => {
            let floors = acknowledged.products.each_ref().map(now);
            let list = shop.get(&format!("/products?category={CATEGORY}")).await;
            for (product, floor) in list.as_array().unwrap().iter().zip(floors) {
                assert!(version(product) >= floor, "by tag: {product} is older than {floor}");
            }
        }
        2 => {
            let floor = now(&acknowledged.category);
            let summary = shop.get(&format!("/categories/{CATEGORY}")).await;
            assert!(version(&summary) >= floor, "by tag: {summary} is older than {floor}");
        }
        3 => {
            let floor = now(&acknowledged.users[at]);
            let user = shop.get(&format!("/users/{}", at + 1)).await;
            assert!(version(&user) >= floor, "by text: {user} is older than {floor}");
        }
        _ => {
            let floors = acknowledged.users.each_ref().map(now);
            let list = shop.get("/users").await;
            for (user, floor) in list.as_array().unwrap().iter().zip(floors) {
                assert!(version(user) >= floor, "by pattern: {user} is older than {floor}");
            }
        }
    }
}

/// Changes a product or a user, then notes what was acknowledged.
async fn write(shop: &Shop, acknowledged: &Acknowledged, turn: usize) {
    let at = turn / 2 % HOT;
    if turn.is_multiple_of(2) {
        let draft = json!({ "name": format!("Lamp {turn}"), "category": CATEGORY, "cents": turn % 10_000 });
        let product = shop.put(&format!("/products/{}", product_id(at)), &draft).await;
        acknowledged.products[at].fetch_max(version(&product), Ordering::SeqCst);
        acknowledged.category.fetch_max(version(&product), Ordering::SeqCst);
    } else {
        let name = json!({ "name": format!("Ada {turn}") });
        let user = shop.put(&format!("/users/{}", at + 1), &name).await;
        acknowledged.users[at].fetch_max(version(&user), Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_a_value_older_than_the_last_acknowledged_write() {
    let shop = Shop::open();
    let acknowledged: &Acknowledged = Box::leak(Box::default());
    let end = Instant::now() + RUN;
    let mut clients = JoinSet::new();
    for reader in 0..READERS {
        clients.spawn(async move {
            let mut random = fastrand::Rng::with_seed(reader as u64);
            while Instant::now() < end {
                let read = read(shop, acknowledged, random.usize(..1_000));
                if random.u8(..16) == 0 {
                    // A client that hangs up early: whoever waits for the same load must not notice.
                    let patience = Duration::from_micros(random.u64(..1_500));
                    let _ = tokio::time::timeout(patience, read).await;
                } else {
                    read.await;
                }
            }
        });
    }
    for writer in 0..WRITERS {
        clients.spawn(async move {
            let mut random = fastrand::Rng::with_seed(1_000 + writer as u64);
            while Instant::now() < end {
                // Several times the same, so that a write meets the loads that the one before it caused; then
                // a pause, long enough for some hits.
                let turn = random.usize(..100_000);
                for _ in 0..random.usize(1..=6) {
                    write(shop, acknowledged, turn).await;
                }
                tokio::time::sleep(Duration::from_micros(random.u64(..4_000))).await;
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.expect("a client saw what it must not see");
    }

    // Without hits, or without loads beside the writes, nothing was tested.
    for (name, kind) in [
        ("find_product", "invalidations_key"),
        ("list_products", "invalidations_tag"),
        ("summarize", "invalidations_tag"),
        ("find_user", "invalidations_key"),
        ("list_users", "invalidations_pattern"),
    ] {
        let stats = shop.stats(name).await;
        for count in ["hits", "loads", kind] {
            assert!(stats[count].as_u64() > Some(20), "{count} of {stats}");
        }
    }
}

#[tokio::test]
async fn a_new_product_is_found_where_there_was_none() {
    let shop = Shop::open();
    // No other test adds a product, so the next number can be foretold.
    let draft = json!({ "name": "Chair", "category": 501, "cents": 4_900 });
    let (status, first) = shop.post("/products", &draft).await;
    assert_eq!(status, StatusCode::CREATED);
    let next = format!("/products/{}", first["id"].as_u64().unwrap() + 1);

    assert_eq!(shop.status(&next).await, StatusCode::NOT_FOUND);
    assert_eq!(shop.status(&next).await, StatusCode::NOT_FOUND);
    let before = shop.stats("find_product").await;
    assert!(before["null_hits"].as_u64() >= Some(1), "{before}");

    let (_, second) = shop.post("/products", &draft).await;
    assert_eq!(shop.get(&next).await, second);
    let list = shop.get("/products?category=501").await;
    assert_eq!(list, json!([first, second]));
}

#[tokio::test]
async fn a_product_that_moves_changes_both_categories() {
    let shop = Shop::open();
    // One of the 200 products of category 4.
    let path = "/products/5";
    let counts = async || {
        let (from, to) = (shop.get("/categories/4").await, shop.get("/categories/502").await);
        (from["products"].as_u64(), to["products"].as_u64())
    };
    assert_eq!(counts().await, (Some(200), Some(0)));
    shop.put(path, &json!({ "name": "Desk", "category": 502, "cents": 9_900 })).await;
    assert_eq!(counts().await, (Some(199), Some(1)));
    assert_eq!(shop.delete(path).await, StatusCode::OK);
    assert_eq!(counts().await, (Some(199), Some(0)));
    assert_eq!(shop.status(path).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_have_their_size() {
    let shop = Shop::open();
    let page = async |page: u32| {
        let list = shop.get(&format!("/products?category=50&page={page}")).await;
        list.as_array().unwrap().iter().map(|product| product["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let (first, second) = (page(0).await, page(1).await);
    assert_eq!(first.len(), products::PAGE as usize);
    assert!(first.last() < second.first());
    assert_eq!(page(u32::MAX).await, [] as [u64; 0]);
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let shop = Shop::open();
    assert_eq!(shop.status("/products/lamp").await, StatusCode::BAD_REQUEST);
    assert_eq!(shop.status("/products").await, StatusCode::BAD_REQUEST);
    assert_eq!(shop.status("/products/4294967296").await, StatusCode::BAD_REQUEST);
    assert_eq!(shop.status("/nowhere").await, StatusCode::NOT_FOUND);
    assert_eq!(shop.post("/products", &json!({ "name": 7 })).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}
