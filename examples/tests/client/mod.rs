//! An HTTP client for the shop, and the shop itself on a free port.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::mpsc;

use examples::db::Db;
use examples::shop;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;

/// A running shop. All tests share one, as its caches are the process's; each has a client of its own,
/// because connections belong to the test's runtime.
pub struct Shop {
    address: SocketAddr,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl Shop {
    /// Connects; the first call starts the service, on a thread that lives as long as the process.
    pub fn open() -> &'static Self {
        static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
        let address = *ADDRESS.get_or_init(|| {
            let (bound, address) = mpsc::channel();
            std::thread::spawn(move || serve(bound));
            address.recv().expect("the service did not start")
        });
        let http = Client::builder(TokioExecutor::new()).build_http();
        Box::leak(Box::new(Self { address, http }))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .body(Full::from(body.map(Value::to_string).unwrap_or_default()))
            .unwrap();
        let response = self.http.request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        // Refusals of axum itself are plain text.
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// What is there; it must be there.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// What a `GET` is answered with.
    pub async fn status(&self, path: &str) -> StatusCode {
        self.send(Method::GET, path, None).await.0
    }

    /// Changes what is there, and what it is then.
    pub async fn put(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.send(Method::PUT, path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Adds something.
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Removes something.
    pub async fn delete(&self, path: &str) -> StatusCode {
        self.send(Method::DELETE, path, None).await.0
    }

    /// What the cache of this function has counted.
    pub async fn stats(&self, function: &str) -> Value {
        let stats = self.get("/stats").await;
        let found = stats
            .as_array()
            .unwrap()
            .iter()
            .find(|cache| cache["name"].as_str().and_then(|path| path.rsplit("::").next()) == Some(function));
        found.unwrap_or_else(|| panic!("no {function} in {stats}")).clone()
    }
}

fn serve(bound: mpsc::Sender<SocketAddr>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::temporary().unwrap();
        shop::schema::prepare(&db).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        bound.send(listener.local_addr().unwrap()).unwrap();
        shop::serve(listener, db, std::future::pending()).await.unwrap();
    });
}
