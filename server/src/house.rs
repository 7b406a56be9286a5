//! Everything behind the doors, and which door leads where.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::service::S3Service;
use tower::ServiceExt as _;
use url::Url;

use crate::control::{self, Door};
use crate::edge::call::storage_call;
use crate::edge::cors;
use crate::edge::exchange::{Edge, method_of};
use crate::faults::perform::Broken;
use crate::mounts::{self, Mount};
use crate::net::accept::{Behind, Cut};
use crate::net::control::Control;
use crate::services::{ApiOrigin, Services, StorageOrigin};
use crate::site;

/// The services, the storage, the page and the control desk of one server.
pub(crate) struct House {
    services: Arc<Services>,
    edge: Arc<Edge>,
    mounts: Vec<(Box<dyn Mount>, Router)>,
    storage: Option<S3Service>,
    /// The page and `/_/`.
    own: Router,
}

/// One listener's way into the house.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// What is behind it.
    pub house: Arc<House>,
    /// Which door it is.
    pub door: Door,
    /// Where it leads.
    pub leads: Leads,
}

/// Where an entrance leads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leads {
    /// To the services; presigned URLs that are handed out there point to the storage at this port.
    Api {
        /// The port of the storage origin with the same scheme.
        storage_port: u16,
    },
    /// To the storage.
    Storage,
}

impl House {
    /// Furnishes the house; `storage` is absent where parts go to an external store.
    pub(crate) fn new(services: Arc<Services>, storage: Option<S3Service>) -> Self {
        let edge = Arc::new(Edge::default());
        let mounts: Vec<_> = mounts::all(services.options.sink)
            .into_iter()
            .map(|mount| {
                let router = mount.router(Arc::clone(&services));
                (mount, router)
            })
            .collect();
        // A service may have more than one mount, side by side.
        let mut names: Vec<_> = mounts.iter().map(|(mount, _)| mount.name()).collect();
        names.dedup();
        let own = site::router(&services.options);
        let own = own.merge(control::router(Arc::clone(&services), Arc::clone(&edge), names.into()));
        Self { services, edge, mounts, storage, own }
    }

    /// The mount below whose prefix a path lies, and the rest of the path.
    fn mount<'a>(&self, path: &'a str) -> Option<(&dyn Mount, &Router, &'a str)> {
        self.mounts.iter().find_map(|(mount, router)| {
            let rest = path.strip_prefix(mount.prefix())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((&**mount, router, rest))
        })
    }

    async fn api(&self, request: Request<Incoming>, control: &Arc<Control>) -> Result<Response<Body>, Cut> {
        let (method, preflight) = method_of(&request);
        let query = request.uri().query().unwrap_or_default();
        let Some((mount, router, rest)) = self.mount(request.uri().path()) else {
            return Ok(self.own.clone().oneshot(request.map(Body::new)).await?);
        };
        let call = mount.call(&method, rest, query);
        if preflight {
            return Ok(self.edge.preflight(&call, &request, &cors::API).await);
        }
        let router = router.clone();
        let attempt = mount.attempt(&self.services, &call, request.headers(), rest).await;
        let answer = async |request| Ok(router.oneshot(request).await?);
        let look = |head: &[u8]| mount.look(&call, head);
        let response = self.edge.exchange(&call, request, control, &cors::API, &look, answer).await?;
        if let Some(ended_well) = attempt
            && response.status().as_u16() < 400
            && response.extensions().get::<Broken>().is_none()
        {
            ended_well.await;
        }
        Ok(response)
    }

    async fn storage(&self, request: Request<Incoming>, control: &Arc<Control>) -> Result<Response<Body>, Cut> {
        // Stores of other kinds are other origins to a page, too.
        if self.mount(request.uri().path()).is_some_and(|(mount, ..)| mount.is_store()) {
            return self.api(request, control).await;
        }
        let (method, preflight) = method_of(&request);
        let call = storage_call(&method, request.uri().path(), request.uri().query().unwrap_or_default());
        if preflight {
            return Ok(self.edge.preflight(&call, &request, &cors::STORAGE).await);
        }
        let answer = async |request: Request<Body>| {
            let Some(storage) = &self.storage else {
                let mut response = Response::new(Body::from("objects are kept in an external store"));
                *response.status_mut() = StatusCode::NOT_FOUND;
                return Ok(response);
            };
            let response = storage.call(request.map(s3s::Body::http_body_unsync)).await;
            response.map(|response| response.map(Body::new)).map_err(|_| Cut)
        };
        let look = |_: &[u8]| Some(call.clone());
        self.edge.exchange(&call, request, control, &cors::STORAGE, &look, answer).await
    }
}

impl Entrance {
    /// The storage origin as the client of this request reaches it.
    fn storage_origin(&self, host: Option<&HeaderValue>) -> Url {
        if let Some(external) = &self.house.services.options.external {
            return external.endpoint.clone();
        }
        match self.leads {
            Leads::Api { storage_port } => self.origin(host, Some(storage_port)),
            Leads::Storage => self.origin(host, None),
        }
    }

    /// The origin that a client names as `host`, or the one beside it at another port.
    fn origin(&self, host: Option<&HeaderValue>, port: Option<u16>) -> Url {
        let scheme = if self.door.tls { "https" } else { "http" };
        // A host that is no URL's host is replaced by the one that was bound.
        let said = host.and_then(|host| host.to_str().ok()).and_then(|host| {
            let mut url = Url::parse(&format!("{scheme}://{host}/")).ok()?;
            (url.path() == "/" && url.username().is_empty() && url.query().is_none()).then_some(())?;
            if port.is_some() {
                url.set_port(port).ok()?;
            }
            Some(url)
        });
        said.unwrap_or_else(|| {
            let host = match self.door.host {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            let port = port.unwrap_or(self.door.port);
            Url::parse(&format!("{scheme}://{host}:{port}/")).expect("an address and a port make an origin")
        })
    }
}

impl Behind for Entrance {
    fn answer(
        self,
        mut request: Request<Incoming>,
        control: Arc<Control>,
    ) -> impl Future<Output = Result<Response<Body>, Cut>> + Send + 'static {
        let entrance = self;
        async move {
            // HTTP/2 names the host in the target only.
            if let Some(authority) = request.uri().authority()
                && !request.headers().contains_key(HOST)
                && let Ok(host) = HeaderValue::from_str(authority.as_str())
            {
                request.headers_mut().insert(HOST, host);
            }
            let host = request.headers().get(HOST);
            let (api, storage) = (entrance.origin(host, None), entrance.storage_origin(host));
            request.extensions_mut().insert(ApiOrigin(api));
            request.extensions_mut().insert(StorageOrigin(storage));
            request.extensions_mut().insert(entrance.door);
            match entrance.leads {
                Leads::Api { .. } => entrance.house.api(request, &control).await,
                Leads::Storage => entrance.house.storage(request, &control).await,
            }
        }
    }

    fn rate(&self) -> Option<u64> {
        self.house.edge.faults.rate()
    }
}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
