//! Routes, and what says of them in the OpenAPI document, which is made only when it is asked for.
//!
//! `utoipa_axum`'s own router makes the document while it collects the routes. A server that starts
//! needs none: it would spend most of its start, and some 20 MB, on it.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route};
use tower::{Layer, Service};
use utoipa::openapi::{OpenApi, Paths, RefOr, Schema};
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::UtoipaMethodRouter;

/// What some routes do, and the named schemas they speak of.
type Description = (Vec<(String, RefOr<Schema>)>, Paths);
type Describe = Box<dyn Fn() -> Description + Send + Sync>;

/// A router that can describe its routes. `S` is the state that its handlers still need.
pub struct Routes<S = ()> {
    router: Router<S>,
    descriptions: Vec<Describe>,
}

/// One path with its handlers; made by [`routes!`](crate::routes).
pub struct Endpoint<S> {
    path: String,
    methods: MethodRouter<S>,
    describe: fn() -> UtoipaMethodRouter<S>,
}

impl<S> Endpoint<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// An endpoint at `path` without handlers.
    pub fn new(path: String, describe: fn() -> UtoipaMethodRouter<S>) -> Self {
        Self {
            path,
            methods: MethodRouter::new(),
            describe,
        }
    }

    /// Answers `methods` by a handler.
    #[must_use]
    pub fn on<H, T>(mut self, methods: &[utoipa::openapi::HttpMethod], handler: H) -> Self
    where
        H: axum::handler::Handler<T, S>,
        T: 'static,
    {
        for method in methods {
            self.methods = self.methods.on(method.to_method_filter(), handler.clone());
        }
        self
    }
}

impl<S> Routes<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// No routes.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            descriptions: Vec::new(),
        }
    }

    /// Adds a path; see [`routes!`](crate::routes).
    #[must_use]
    pub fn routes(mut self, endpoint: Endpoint<S>) -> Self {
        let describe = endpoint.describe;
        self.descriptions.push(Box::new(move || {
            let (schemas, paths, _) = describe();
            (schemas, paths)
        }));
        self.router = self.router.route(&endpoint.path, endpoint.methods);
        self
    }

    /// Adds the routes of another.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.descriptions.extend(other.descriptions);
        self
    }

    /// Gives the handlers their state.
    pub fn with_state<S2>(self, state: S) -> Routes<S2> {
        Routes {
            router: self.router.with_state(state),
            descriptions: self.descriptions,
        }
    }

    /// Puts a layer around all routes so far.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// Writes what the routes do into a document.
    ///
    /// # Errors
    /// The name that two different schemas have: a reader would take one for the other.
    pub fn describe(&self, mut document: OpenApi) -> Result<OpenApi, String> {
        for describe in &self.descriptions {
            let (schemas, paths) = describe();
            for (path, item) in paths.paths {
                match document.paths.paths.get_mut(&path) {
                    Some(known) => known.merge_operations(item),
                    None => drop(document.paths.paths.insert(path, item)),
                }
            }
            let named = &mut document.components.get_or_insert_default().schemas;
            for (name, schema) in schemas {
                if named.get(&name).is_some_and(|known| *known != schema) {
                    return Err(format!("two different schemas are called `{name}`"));
                }
                named.insert(name, schema);
            }
        }
        Ok(document)
    }
}

impl<S> From<Routes<S>> for Router<S> {
    fn from(routes: Routes<S>) -> Self {
        routes.router
    }
}

impl<S> Default for Routes<S>
where
    S: Clone + Send + Sync + 'static,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("endpoints", &self.descriptions.len())
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Endpoint<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// An [`Endpoint`] of handlers that share a path, each with its `#[utoipa::path]`.
#[macro_export]
macro_rules! routes {
    ($first:path $(, $more:path)* $(,)?) => {
        $crate::http::Endpoint::new(
            $crate::routes!(@of path $first),
            || ::utoipa_axum::routes!($first $(, $more)*),
        )
        .on(&$crate::routes!(@of methods $first), $first)
        $(.on(&$crate::routes!(@of methods $more), $more))*
    };
    (@of $what:ident $handler:path) => {
        ::utoipa_axum::paste! { ::utoipa_axum::routes!(@path [$what()] of $handler) }
    };
}
