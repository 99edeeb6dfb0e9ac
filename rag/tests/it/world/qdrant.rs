//! A server that plays Qdrant: the part of its REST interface that is used, held in memory, as strict
//! as the real one. Source: Qdrant's OpenAPI document, read 2026-11-22.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};

#[derive(Default)]
struct Server {
    collections: Mutex<BTreeMap<String, Kept>>,
    /// Calls that fail before one succeeds again.
    failing: AtomicUsize,
    /// Writes that were done.
    writes: AtomicUsize,
}

struct Kept {
    config: Value,
    points: BTreeMap<String, Value>,
}

pub(crate) struct StandIn {
    address: std::net::SocketAddr,
    server: Arc<Server>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StandIn {
    #[expect(clippy::disallowed_methods, reason = "aborted when this is dropped")]
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("binds");
        let address = listener.local_addr().expect("has an address");
        let server = Arc::new(Server::default());
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&server));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        Self {
            address,
            server,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the next calls fail.
    pub(crate) fn fail(&self, calls: usize) {
        self.server.failing.store(calls, Ordering::SeqCst);
    }

    /// Points in all collections.
    pub(crate) fn points(&self) -> usize {
        self.server
            .collections
            .lock()
            .values()
            .map(|kept| kept.points.len())
            .sum()
    }

    pub(crate) fn writes(&self) -> usize {
        self.server.writes.load(Ordering::SeqCst)
    }

    /// The server loses everything.
    pub(crate) fn wipe(&self) {
        self.server.collections.lock().clear();
    }
}

async fn answer(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let failing = server.failing.load(Ordering::SeqCst);
    if failing > 0 {
        server.failing.store(failing - 1, Ordering::SeqCst);
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "out of order");
    }
    if headers.get("api-key").is_none_or(|key| key != "secret") {
        return refuse(StatusCode::FORBIDDEN, "Must provide an API key");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path: Vec<&str> = uri.path().trim_start_matches('/').split('/').collect();
    let ["collections", name, rest @ ..] = path.as_slice() else {
        return refuse(StatusCode::NOT_FOUND, "no such route");
    };
    let mut collections = server.collections.lock();
    if let (&Method::PUT, []) = (&method, rest) {
        if collections.contains_key(*name) {
            return refuse(StatusCode::CONFLICT, "Collection already exists!");
        }
        let kept = Kept {
            config: body,
            points: BTreeMap::new(),
        };
        collections.insert((*name).to_owned(), kept);
        return accept(json!(true));
    }
    let Some(kept) = collections.get_mut(*name) else {
        return refuse(StatusCode::NOT_FOUND, "Collection doesn't exist!");
    };
    let outcome = match (method.as_str(), rest) {
        ("GET", []) => Ok(json!({"status": "green"})),
        ("PUT", ["index"]) => Ok(json!({"status": "completed"})),
        ("PUT", ["points"]) => kept.upsert(&body),
        ("POST", ["points", "delete"]) => kept.delete(&body),
        ("POST", ["points", "count"]) => kept.count(&body),
        ("POST", ["points", "query", "batch"]) => kept.query_batch(&body),
        _ => return refuse(StatusCode::NOT_FOUND, "no such route"),
    };
    if matches!(rest, ["points"] | ["points", "delete"]) {
        server.writes.fetch_add(1, Ordering::SeqCst);
    }
    match outcome {
        Ok(result) => accept(result),
        Err(why) => refuse(StatusCode::BAD_REQUEST, &why),
    }
}

fn accept(result: Value) -> Response {
    axum::Json(json!({"result": result, "status": "ok", "time": 0.001})).into_response()
}

fn refuse(status: StatusCode, why: &str) -> Response {
    (
        status,
        axum::Json(json!({"status": {"error": why}, "time": 0.0})),
    )
        .into_response()
}

impl Kept {
    fn upsert(&mut self, body: &Value) -> Result<Value, String> {
        for point in body["points"].as_array().ok_or("points are missing")? {
            let id = point["id"].as_str().ok_or("id must be a UUID")?;
            uuid::Uuid::parse_str(id).map_err(|e| e.to_string())?;
            for (name, vector) in point["vector"].as_object().ok_or("vector is missing")? {
                match (name.as_str(), vector.as_array()) {
                    ("dense", Some(numbers)) => {
                        let size = self.config["vectors"]["dense"]["size"].as_u64();
                        if size != Some(numbers.len() as u64) {
                            return Err(format!("Wrong input: Vector dimension error: {size:?}"));
                        }
                    }
                    ("bm25", None) => {
                        let length = |key: &str| vector[key].as_array().map(Vec::len);
                        if length("indices").is_none() || length("indices") != length("values") {
                            return Err("indices and values differ in length".to_owned());
                        }
                    }
                    _ => return Err(format!("Not existing vector name error: {name}")),
                }
            }
            self.points.insert(id.to_owned(), point.clone());
        }
        Ok(json!({"status": "completed"}))
    }

    fn delete(&mut self, body: &Value) -> Result<Value, String> {
        if let Some(ids) = body["points"].as_array() {
            for id in ids {
                self.points.remove(id.as_str().ok_or("id must be a UUID")?);
            }
            return Ok(json!({"status": "completed"}));
        }
        let filter = body.get("filter").ok_or("points or filter")?;
        let mut gone = Vec::new();
        for (id, point) in &self.points {
            if passes(filter, point)? {
                gone.push(id.clone());
            }
        }
        gone.iter().for_each(|id| drop(self.points.remove(id)));
        Ok(json!({"status": "completed"}))
    }

    fn count(&self, body: &Value) -> Result<Value, String> {
        let mut count = 0;
        for point in self.points.values() {
            count += u64::from(passes(&body["filter"], point)?);
        }
        Ok(json!({"count": count}))
    }

    fn query_batch(&self, body: &Value) -> Result<Value, String> {
        let searches = body["searches"].as_array().ok_or("searches are missing")?;
        searches
            .iter()
            .map(|search| self.query(search))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from)
    }

    fn query(&self, search: &Value) -> Result<Value, String> {
        let using = search["using"].as_str().ok_or("using is missing")?;
        let limit = search["limit"].as_u64().ok_or("limit is missing")? as usize;
        let mut scored = Vec::new();
        for (id, point) in &self.points {
            if !passes(&search["filter"], point)? {
                continue;
            }
            let vector = &point["vector"][using];
            let score = match using {
                "dense" => dot(numbers(&search["query"]), numbers(vector)),
                "bm25" => self.sparse(&search["query"], vector),
                _ => return Err(format!("Not existing vector name error: {using}")),
            };
            if vector.is_null() || (using == "bm25" && score == 0.0) {
                continue;
            }
            scored.push((score, id, &point["payload"]["document_id"]));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(limit);
        let points = scored.into_iter().map(|(score, id, document)| {
            json!({"id": id, "version": 1, "score": score, "payload": {"document_id": document}})
        });
        Ok(json!({"points": points.collect::<Vec<_>>()}))
    }

    /// Values times the rarity of their index among all points.
    fn sparse(&self, query: &Value, vector: &Value) -> f64 {
        let of = |v: &Value| -> Vec<(u64, f64)> {
            let indices = v["indices"].as_array().cloned().unwrap_or_default();
            let indices = indices.iter().filter_map(Value::as_u64);
            indices.zip(numbers(&v["values"])).collect()
        };
        let vector = of(vector);
        let count = self.points.len() as f64;
        let mut sum = 0.0;
        for (index, weight) in of(query) {
            let Some((_, value)) = vector.iter().find(|(i, _)| *i == index) else {
                continue;
            };
            let having = self.points.values().filter(|p| {
                let indices = p["vector"]["bm25"]["indices"].as_array();
                indices.is_some_and(|i| i.iter().any(|i| i.as_u64() == Some(index)))
            });
            let having = having.count() as f64;
            sum += weight * value * (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
        }
        sum
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().map(Vec::as_slice).unwrap_or_default();
    numbers.iter().filter_map(Value::as_f64).collect()
}

fn dot(a: Vec<f64>, b: Vec<f64>) -> f64 {
    a.iter().zip(&b).map(|(a, b)| a * b).sum()
}

/// Whether a point passes a filter or a condition.
fn passes(filter: &Value, point: &Value) -> Result<bool, String> {
    let Some(parts) = filter.as_object() else {
        return Ok(true);
    };
    if let Some(key) = parts.get("key") {
        return compare(key.as_str().ok_or("key must be a text")?, parts, point);
    }
    if let Some(ids) = parts.get("has_id") {
        return Ok(ids
            .as_array()
            .ok_or("has_id must be a list")?
            .contains(&point["id"]));
    }
    if let Some(name) = parts.get("has_vector") {
        let name = name.as_str().ok_or("has_vector must be a text")?;
        return Ok(!point["vector"][name].is_null());
    }
    let list = |name: &str| -> Result<Option<Vec<bool>>, String> {
        let Some(conditions) = parts.get(name) else {
            return Ok(None);
        };
        let conditions = conditions.as_array().ok_or("a clause must be a list")?;
        conditions
            .iter()
            .map(|c| passes(c, point))
            .collect::<Result<_, _>>()
            .map(Some)
    };
    if let Some(unknown) = parts
        .keys()
        .find(|k| !["must", "must_not", "should"].contains(&k.as_str()))
    {
        return Err(format!("unknown clause {unknown}"));
    }
    Ok(list("must")?.is_none_or(|all| all.iter().all(|p| *p))
        && list("must_not")?.is_none_or(|none| none.iter().all(|p| !*p))
        && list("should")?.is_none_or(|any| any.is_empty() || any.iter().any(|p| *p)))
}

fn compare(
    key: &str,
    condition: &serde_json::Map<String, Value>,
    point: &Value,
) -> Result<bool, String> {
    let value = match key.split_once('"') {
        Some((path, quoted)) => {
            let parent = path.trim_end_matches('.').split('.');
            let parent = parent.fold(&point["payload"], |at, part| &at[part]);
            &parent[quoted.trim_end_matches('"')]
        }
        None => key.split('.').fold(&point["payload"], |at, part| &at[part]),
    };
    let values = match value {
        Value::Array(values) => values.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if let Some(wanted) = condition.get("match") {
        return match (wanted.get("value"), wanted.get("any")) {
            // Qdrant matches texts, whole numbers and truth values.
            (Some(Value::Number(n)), _) if n.is_f64() => Err("match needs a whole number".into()),
            (Some(one), _) => Ok(values.contains(one)),
            (_, Some(Value::Array(any))) => Ok(values.iter().any(|v| any.contains(v))),
            _ => Err("match needs value or any".to_owned()),
        };
    }
    let range = condition
        .get("range")
        .and_then(Value::as_object)
        .ok_or("match or range")?;
    Ok(values.iter().filter_map(Value::as_f64).any(|value| {
        range.iter().all(|(operator, bound)| {
            let bound = bound.as_f64().unwrap_or(f64::NAN);
            match operator.as_str() {
                "gt" => value > bound,
                "gte" => value >= bound,
                "lt" => value < bound,
                "lte" => value <= bound,
                _ => false,
            }
        })
    }))
}
