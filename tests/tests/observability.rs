//! What `tracing` and `metrics` are told: the documented names and labels, and never a key or a value (G14).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use cached_core::{Cache, ManualClock, cache};
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

const SECRET: &str = "hunter2";

#[derive(Debug, Default)]
struct Samples(Mutex<Vec<f64>>);

impl HistogramFn for Samples {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

/// Keeps everything it is given.
#[derive(Default)]
struct Recording {
    numbers: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    samples: Mutex<BTreeMap<String, Arc<Samples>>>,
}

/// `name{label=value,..}`, labels in order of their names.
fn text(key: &Key) -> String {
    let labels: BTreeSet<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
    format!("{}{{{}}}", key.name(), labels.into_iter().collect::<Vec<_>>().join(","))
}

impl Recorder for &'static Recording {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(self.numbers.lock().unwrap().entry(text(key)).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::clone(self.numbers.lock().unwrap().entry(text(key)).or_default()))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::clone(self.samples.lock().unwrap().entry(text(key)).or_default()))
    }
}

/// Installs recorder and subscriber, by whichever test comes first: before any cache is made, and before any span or event is met.
static METRICS: LazyLock<&'static Recording> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Lines)).expect("there is no other");
    let recording: &'static Recording = Box::leak(Box::default());
    metrics::set_global_recorder(recording).expect("there is no other");
    recording
});

impl Recording {
    fn number(&self, key: &str) -> u64 {
        let numbers = self.numbers.lock().unwrap();
        numbers.get(key).unwrap_or_else(|| panic!("no {key} in {:#?}", numbers.keys())).load(Ordering::SeqCst)
    }

    fn samples(&self, key: &str) -> usize {
        self.samples.lock().unwrap()[key].0.lock().unwrap().len()
    }
}

#[test]
fn metrics_have_the_documented_names_and_labels_and_count_what_statistics_count() {
    let metrics = *METRICS;
    let time = ManualClock::new();
    let cache: Cache<String, String> = Cache::builder()
        .name("watched")
        .capacity(2)
        .ttl(Duration::from_secs(60))
        .clock(time.clock())
        .tags(|key: &String, _| [key.clone()])
        .build();
    let _ = cache.get_or_load(SECRET, || SECRET.to_owned());
    let _ = cache.get_or_try_load(&format!("{SECRET}2"), || Err::<String, _>(SECRET));
    let _ = (cache.get(SECRET), cache.get(SECRET));
    cache.insert(SECRET.to_owned(), SECRET.to_owned());
    cache.insert("b".to_owned(), SECRET.to_owned());
    cache.insert("c".to_owned(), SECRET.to_owned());
    cached_core::invalidate("watched:c");
    cache.invalidate_matching(&format!("*{SECRET}"));
    cache.invalidate_tag(SECRET);
    cache.clear();
    let stats = cache.stats();

    let requests =
        |result: &str| metrics.number(&format!("cached_requests_total{{cache=watched,result={result},tier=memory}}"));
    assert_eq!((requests("hit"), requests("miss"), requests("coalesced")), (2, 2, 0));
    assert_eq!((stats.hits, stats.misses), (2, 2));
    let loads =
        |outcome: &str| metrics.samples(&format!("cached_load_duration_seconds{{cache=watched,outcome={outcome}}}"));
    assert_eq!((loads("ok"), loads("error")), (1, 1));
    let evictions = |cause: &str| metrics.number(&format!("cached_evictions_total{{cache=watched,cause={cause}}}"));
    let told = ["capacity", "expired", "invalidated", "replaced"].map(evictions);
    let counted = stats.evictions;
    assert_eq!(told, [counted.capacity, counted.expired, counted.invalidated, counted.replaced]);
    assert_eq!(told.iter().sum::<u64>(), 4);
    let invalidations =
        |kind: &str| metrics.number(&format!("cached_invalidations_total{{cache=watched,kind={kind}}}"));
    assert_eq!(["key", "pattern", "tag", "all"].map(invalidations), [1, 1, 1, 1]);
    assert_eq!(f64::from_bits(metrics.number("cached_weight{cache=watched}")), 0.0);
    cache.insert("d".to_owned(), String::new());
    assert_eq!(f64::from_bits(metrics.number("cached_weight{cache=watched}")), 1.0);
}

#[tokio::test]
async fn waiters_are_told_as_coalesced() {
    let metrics = *METRICS;
    let cache: Cache<u64, u64> = Cache::builder().name("coalescing").build();
    let slow = || {
        cache.get_or_load_async(&1, || async {
            tokio::task::yield_now().await;
            1
        })
    };
    assert_eq!(tokio::join!(slow(), slow(), slow()), (1, 1, 1));
    assert_eq!(metrics.number("cached_requests_total{cache=coalescing,result=coalesced,tier=memory}"), 2);
}

#[test]
fn no_label_holds_a_key_or_a_value() {
    let metrics = *METRICS;
    #[cache(ttl = 60, key = "observed:{password}", tags = ["observed:{password}"])]
    fn login(password: &str) -> Result<Option<String>, String> {
        if password.is_empty() { Err(SECRET.to_owned()) } else { Ok(Some(password.to_owned())) }
    }
    login(SECRET).unwrap();
    login(SECRET).unwrap();
    login("").unwrap_err();
    login::cache().invalidate_tag(&format!("observed:{SECRET}"));
    login::invalidate(SECRET);
    let names = metrics
        .numbers
        .lock()
        .unwrap()
        .keys()
        .chain(metrics.samples.lock().unwrap().keys())
        .cloned()
        .collect::<Vec<_>>();
    assert!(names.iter().any(|name| name.contains("cache=observability::") && name.contains("login")), "{names:#?}");
    for name in names {
        assert!(!name.contains(SECRET) && !name.contains("observed:"), "{name}");
        let (name, labels) = name.strip_suffix('}').and_then(|name| name.split_once('{')).expect("name{labels}");
        let mut labels: Vec<&str> = labels.split(',').map(|label| label.split('=').next().unwrap()).collect();
        labels.retain(|label| *label != "cache");
        let documented: &[&str] = match name {
            "cached_requests_total" => &["result", "tier"],
            "cached_load_duration_seconds" => &["outcome"],
            "cached_evictions_total" => &["cause"],
            "cached_invalidations_total" => &["kind"],
            "cached_weight" => &[],
            other => panic!("{other} is not documented"),
        };
        assert_eq!(labels, documented, "{name}");
    }
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps every span and event of this thread as a line: `level target name field=value ..`; events also say in which spans.
struct Lines;

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

impl Lines {
    fn push(line: String) {
        LINES.with_borrow_mut(|lines| lines.push(line));
    }

    fn take() -> Vec<String> {
        LINES.take()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let (metadata, mut fields) = (attributes.metadata(), Fields::default());
        attributes.record(&mut fields);
        Self::push(format!("{} {} {}{}", metadata.level(), metadata.target(), metadata.name(), fields.0));
    }

    fn on_record(&self, span: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let name = context.span(span).map_or("?", |span| span.name());
        Self::push(format!("record {name}{}", fields.0));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (metadata, mut fields) = (event.metadata(), Fields::default());
        event.record(&mut fields);
        let scope: Vec<_> = context.event_scope(event).into_iter().flatten().map(|span| span.name()).collect();
        Self::push(format!("{} {} in [{}]{}", metadata.level(), metadata.target(), scope.join(","), fields.0));
    }
}

#[tokio::test]
async fn loads_are_spans_and_what_happens_to_entries_are_events() {
    LazyLock::force(&METRICS);
    #[cache(capacity = 1, key = "traced:{password}", tags = ["traced:{password}"])]
    async fn login(password: &str) -> Result<String, String> {
        tracing::event!(target: "body", Level::INFO, "first");
        tokio::task::yield_now().await;
        tracing::event!(target: "body", Level::INFO, "second");
        if password.is_empty() { Err(SECRET.to_owned()) } else { Ok(password.to_owned()) }
    }
    let name = "observability::login";
    login(SECRET).await.unwrap();
    assert_eq!(
        Lines::take(),
        [
            format!("DEBUG cached load cache={name}"),
            "INFO body in [load] message=first".to_owned(),
            "INFO body in [load] message=second".to_owned(),
            "record load outcome=ok".to_owned(),
        ]
    );
    login(SECRET).await.unwrap();
    assert_eq!(Lines::take(), [""; 0], "a hit says nothing");
    login("").await.unwrap_err();
    assert_eq!(Lines::take().last().unwrap(), "record load outcome=error");
    login("b").await.unwrap();
    assert_eq!(Lines::take().last().unwrap(), &format!("TRACE cached in [] message=evict cache={name} cause=capacity"));
    login::invalidate("b").await;
    let mut said = Lines::take();
    said.sort();
    assert_eq!(
        said,
        [
            format!("DEBUG cached in [] message=invalidate cache={name} kind=key"),
            format!("TRACE cached in [] message=evict cache={name} cause=invalidated"),
        ]
    );
    login::cache().invalidate_tag(&format!("traced:{SECRET}"));
    cached_core::invalidate_matching(&format!("traced:{SECRET}*"));
    login::cache().clear();
    let said = Lines::take();
    for kind in ["tag", "pattern", "all"] {
        let expected = format!("DEBUG cached in [] message=invalidate cache={name} kind={kind}");
        assert!(said.contains(&expected), "{expected} is not in {said:#?}");
    }
}

#[tokio::test]
async fn no_span_or_event_holds_a_key_or_a_value() {
    LazyLock::force(&METRICS);
    let cache: Cache<String, String> = Cache::builder()
        .name("traced-direct")
        .tags(|key: &String, value: &String| [key.clone(), value.clone()])
        .build();
    let _ = cache.get_or_try_load(SECRET, || Err::<String, _>(SECRET));
    let _ = cache.get_or_load_async(SECRET, || async { SECRET.to_owned() }).await;
    cache.insert(SECRET.to_owned(), SECRET.to_owned());
    cached_core::invalidate(&format!("traced-direct:{SECRET}"));
    cache.invalidate_tag(SECRET);
    let _ = cache.get_or_load(SECRET, || {
        cache.invalidate(SECRET);
        SECRET.to_owned()
    });
    let said = Lines::take();
    assert!(said.iter().any(|line| line.contains("overtaken")), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains(SECRET)), "{said:#?}");
}
