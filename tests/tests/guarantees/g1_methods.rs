//! G1: methods of every receiver, associated functions, trait methods, sync and async; and their companions.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use cached_core::{cache, invalidates};
use tests::Calls;

static SHOP_CALLS: Calls = Calls::new();

#[derive(Clone)]
struct Shop {
    id: u64,
}

impl Shop {
    #[cache(ttl = 60, key = "g1-shop-ref:{self.id}:{sku}")]
    fn by_reference(&self, sku: &str) -> String {
        SHOP_CALLS.add();
        format!("{} {sku}", self.id)
    }

    #[cache(ttl = 60, key = "g1-shop-mut:{self.id}")]
    fn by_mutable_reference(&mut self, add: u64) -> u64 {
        SHOP_CALLS.add();
        self.id += add;
        self.id
    }

    #[cache(ttl = 60, key = "g1-shop-self:{self.id}")]
    fn by_value(self) -> Self {
        SHOP_CALLS.add();
        self
    }

    #[cache(ttl = 60, key = "g1-shop-mut-self:{self.id}")]
    fn by_mutable_value(mut self) -> u64 {
        SHOP_CALLS.add();
        self.id += 1;
        self.id
    }

    #[cache(ttl = 60, key = "g1-shop-arc:{self.id}")]
    fn by_arc(self: Arc<Self>) -> u64 {
        SHOP_CALLS.add();
        self.id
    }

    #[cache(ttl = 60, key = "g1-shop-box:{self.id}")]
    fn by_box(self: Box<Self>) -> u64 {
        SHOP_CALLS.add();
        self.id
    }

    #[cache(ttl = 60)]
    fn associated(x: u64) -> u64 {
        SHOP_CALLS.add();
        x
    }

    #[cache(ttl = 60)]
    fn constructor(id: u64) -> Self {
        SHOP_CALLS.add();
        Self { id }
    }

    #[cache(ttl = 60, skip(self))]
    fn shared_by_all(&self, x: u64) -> u64 {
        SHOP_CALLS.add();
        x
    }
}

#[test]
fn receivers_of_every_kind_work() {
    let before = SHOP_CALLS.get();
    let shop = Shop { id: 7 };
    for _ in 0..2 {
        assert_eq!(shop.by_reference("x"), "7 x");
        assert_eq!(shop.clone().by_value().id, 7);
        assert_eq!(shop.clone().by_mutable_value(), 8);
        assert_eq!(Arc::new(shop.clone()).by_arc(), 7);
        assert_eq!(Box::new(shop.clone()).by_box(), 7);
        assert_eq!(Shop::associated(1), 1);
        assert_eq!(Shop::constructor(7).id, 7);
        assert_eq!((shop.shared_by_all(1), Shop { id: 8 }.shared_by_all(1)), (1, 1));
    }
    let mut changing = Shop { id: 7 };
    assert_eq!(changing.by_mutable_reference(1), 8);
    assert_eq!((changing.id, Shop { id: 7 }.by_mutable_reference(1)), (8, 8), "the second call is a hit");
    assert_eq!(SHOP_CALLS.get() - before, 9);
}

struct Tagged<T>(T);

impl<T: Copy + Into<u64> + 'static> Tagged<T> {
    #[cache(ttl = 60, key = "g1-tagged:{x}")]
    fn sum(&self, x: u64) -> u64 {
        self.0.into() + x
    }

    #[cache(ttl = 60)]
    fn width(x: u64) -> u64 {
        x + std::mem::size_of::<T>() as u64
    }
}

#[test]
fn instances_of_a_generic_type_never_meet() {
    for _ in 0..2 {
        assert_eq!((Tagged(1u8).sum(1), Tagged(2u64).sum(1)), (2, 3));
        assert_eq!((Tagged::<u8>::width(0), Tagged::<u64>::width(0)), (1, 8));
    }
}

trait Source {
    fn load(&self, id: u64) -> u64;
    fn kind(id: u64) -> u64
    where
        Self: Sized;
}

struct One;
struct Two;

impl Source for One {
    #[cache(ttl = 60, skip(self))]
    fn load(&self, id: u64) -> u64 {
        id + 1
    }

    #[cache(ttl = 60)]
    fn kind(id: u64) -> u64 {
        id + 10
    }
}

impl Source for Two {
    #[cache(ttl = 60, skip(self))]
    fn load(&self, id: u64) -> u64 {
        id + 2
    }

    #[cache(ttl = 60)]
    fn kind(id: u64) -> u64 {
        id + 20
    }
}

#[test]
fn implementations_of_a_trait_never_meet() {
    let sources: [&dyn Source; 2] = [&One, &Two];
    for _ in 0..2 {
        assert_eq!(sources.map(|source| source.load(0)), [1, 2]);
        assert_eq!((One::kind(0), Two::kind(0)), (10, 20));
    }
}

trait Provided {
    fn base(&self) -> u64;

    #[cache(ttl = 60, skip(self))]
    fn provided(&self, x: u64) -> u64
    where
        Self: 'static,
    {
        self.base() + x
    }
}

impl Provided for One {
    fn base(&self) -> u64 {
        1
    }
}

impl Provided for Two {
    fn base(&self) -> u64 {
        2
    }
}

#[test]
fn a_provided_method_has_a_cache_for_each_implementor() {
    for _ in 0..2 {
        assert_eq!((One.provided(0), Two.provided(0)), (1, 2));
    }
}

#[async_trait]
trait Repository: Sync {
    async fn find(&self, id: u64) -> Result<Option<String>, String>;
    async fn rename(&self, id: u64, name: &str) -> Result<(), String>;
}

#[derive(Default)]
struct Table {
    finds: Calls,
    names: std::sync::Mutex<std::collections::BTreeMap<u64, String>>,
}

#[async_trait]
impl Repository for Table {
    #[cache(ttl = 60, key = "g1-table:{id}")]
    async fn find(&self, id: u64) -> Result<Option<String>, String> {
        self.finds.add();
        tokio::task::yield_now().await;
        if id == 0 {
            return Err("no zero".to_owned());
        }
        Ok(self.names.lock().unwrap().get(&id).cloned())
    }

    #[invalidates("g1-table:{id}")]
    async fn rename(&self, id: u64, name: &str) -> Result<(), String> {
        tokio::task::yield_now().await;
        self.names.lock().unwrap().insert(id, name.to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn async_trait_methods_are_cached_and_invalidate_whichever_attribute_comes_first() {
    let table: Box<dyn Repository> = Box::<Table>::default();
    assert_eq!(table.find(7).await, Ok(None));
    table.rename(7, "Ann").await.unwrap();
    for _ in 0..2 {
        assert_eq!(table.find(7).await.unwrap().as_deref(), Some("Ann"));
        assert_eq!(table.find(0).await, Err("no zero".to_owned()));
    }
    table.rename(7, "Bea").await.unwrap();
    assert_eq!(table.find(7).await.unwrap().as_deref(), Some("Bea"));
}

#[tokio::test]
async fn async_trait_methods_count_as_one_load_each() {
    #[async_trait]
    trait Loader {
        async fn load(&self, id: u64) -> u64;
    }
    struct Counting(Calls);
    #[async_trait]
    impl Loader for Counting {
        #[cache(ttl = 60, skip(self))]
        async fn load(&self, id: u64) -> u64 {
            self.0.add();
            id
        }
    }
    let counting = Counting(Calls::new());
    for _ in 0..3 {
        assert_eq!(counting.load(1).await, 1);
    }
    assert_eq!(counting.0.get(), 1);
}

#[tokio::test]
async fn a_function_that_returns_a_boxed_future_is_async() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn boxed(id: u64) -> Pin<Box<dyn Future<Output = Option<u64>> + Send>> {
        Box::pin(async move {
            CALLS.add();
            Some(id)
        })
    }
    for _ in 0..2 {
        assert_eq!(boxed(1).await, Some(1));
    }
    assert_eq!(CALLS.get(), 1);
    boxed::invalidate(1).await;
    assert_eq!((boxed::refresh(1).await, boxed::uncached(1).await), (Some(1), Some(1)));
    assert_eq!(CALLS.get(), 3);
}

static PRICE_CALLS: Calls = Calls::new();

struct Catalogue {
    shop: String,
}

impl Catalogue {
    #[cache(ttl = 60, key = "g1-price:{self.shop}:{sku}", companion)]
    fn price(&self, sku: &str) -> u64 {
        PRICE_CALLS.add() + sku.len() as u64
    }

    #[cache(ttl = 60, key = "g1-stock:{self.shop}:{sku}", companion)]
    async fn stock(&self, sku: &str) -> Result<u64, String> {
        Ok(PRICE_CALLS.add() + sku.len() as u64)
    }

    #[invalidates(Self::price(self, sku), Self::stock(self, sku))]
    fn reprice(&mut self, sku: &str) {
        let _ = sku;
    }

    #[invalidates(Catalogue::price(*))]
    async fn reprice_all(&self) {}
}

#[tokio::test]
async fn a_method_that_asks_for_companions_has_them_as_siblings() {
    let mut shop = Catalogue { shop: "north:1".to_owned() };
    let (price, stock) = (shop.price("a"), shop.stock("a").await.unwrap());
    assert_eq!((shop.price("a"), shop.stock("a").await.unwrap()), (price, stock));
    assert_eq!(shop.price_key("a b"), "g1-price:north%3A1:a%20b");
    assert_eq!((Catalogue::price_cache().len(), Catalogue::stock_cache().len()), (1, 1));

    shop.price_invalidate("a");
    let newer = shop.price("a");
    assert!(newer > price);
    assert!(shop.price_uncached("a") > newer);
    assert_eq!(shop.price("a"), newer, "uncached stores nothing");
    let newest = shop.price_refresh("a");
    assert_eq!((newest > newer, shop.price("a")), (true, newest));

    shop.stock_invalidate("a").await;
    assert!(shop.stock_refresh("a").await.unwrap() > stock);
    assert!(shop.stock_uncached("a").await.unwrap() > stock);

    shop.reprice("a");
    assert_eq!((Catalogue::price_cache().len(), Catalogue::stock_cache().len()), (0, 0));
    shop.price("a");
    shop.price("b");
    shop.reprice_all().await;
    assert!(Catalogue::price_cache().is_empty());
}

#[tokio::test]
async fn methods_without_companions_are_reached_by_scopes() {
    static CALLS: Calls = Calls::new();
    struct Shop;
    impl Shop {
        #[cache(ttl = 60, skip(self))]
        async fn visitors(&self) -> u64 {
            CALLS.add()
        }
    }
    assert_eq!((Shop.visitors().await, Shop.visitors().await), (1, 1));
    assert_eq!(cached_core::refresh_async(Shop.visitors()).await, 2);
    assert_eq!(cached_core::uncached_async(Shop.visitors()).await, 3);
    assert_eq!(Shop.visitors().await, 2);
}
