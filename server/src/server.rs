//! Starts and stops a server.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::control::Door;
use crate::house::{Entrance, House, Leads};
use crate::keys::Keys;
use crate::net::{accept, tls};
use crate::options::Options;
use crate::services::{Services, URL_EXPIRY};
use crate::storage;
use crate::store::Store;
use crate::store::disk::{Disk, Rules};
use crate::store::error::StoreError;
use crate::store::external::External;
use crate::store::folder;
use crate::store::signer::Signer;

/// A server that is listening. Dropped, it ends at once; [`Server::stop`] lets requests under way end first.
pub struct Server {
    /// Where it listens.
    pub addresses: Addresses,
    /// The key that it takes, where it is not the well-known one.
    pub key: Option<String>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    /// Keeps other servers from the data folder.
    _claim: File,
}

/// The addresses of a server's origins.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The API origin.
    pub api: SocketAddr,
    /// The storage origin.
    pub storage: SocketAddr,
    /// Both over TLS.
    pub tls: Option<(SocketAddr, SocketAddr)>,
}

impl Server {
    /// Opens the data directory and listens.
    pub async fn start(options: Options) -> io::Result<Self> {
        let claim = folder::claim(&options.data)?;
        let host = options.host;
        let bind = |port| listen(SocketAddr::new(host, port));
        let (api, store) = (bind(options.port)?, bind(options.storage_port)?);
        let secure = match options.tls_port {
            Some(port) => Some((bind(port)?, bind(options.tls_storage_port)?, tls::acceptor(host)?)),
            None => None,
        };
        let addresses = Addresses {
            api: api.local_addr()?,
            storage: store.local_addr()?,
            tls: match &secure {
                Some((api, store, _)) => Some((api.local_addr()?, store.local_addr()?)),
                None => None,
            },
        };
        let (keys, key) = Keys::new(host.is_loopback());
        let house = Arc::new(furnish(options, keys).map_err(|error| io::Error::other(error.message))?);

        let stop = watch::Sender::new(false);
        let mut listeners = JoinSet::new();
        let mut open = |listener: TcpListener, at: SocketAddr, acceptor: Option<_>, leads| {
            let door = Door { host, port: at.port(), tls: acceptor.is_some() };
            let entrance = Entrance { house: Arc::clone(&house), door, leads };
            listeners.spawn(accept::run(listener, acceptor, entrance, stop.subscribe()));
        };
        open(api, addresses.api, None, Leads::Api { storage_port: addresses.storage.port() });
        open(store, addresses.storage, None, Leads::Storage);
        if let (Some((api, store, acceptor)), Some((api_at, store_at))) = (secure, addresses.tls) {
            open(api, api_at, Some(acceptor.clone()), Leads::Api { storage_port: store_at.port() });
            open(store, store_at, Some(acceptor), Leads::Storage);
        }
        Ok(Self { addresses, key, stop, listeners, _claim: claim })
    }

    /// Stops listening, gives requests under way a moment, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
    }
}

fn furnish(options: Options, keys: Keys) -> Result<House, StoreError> {
    let data = options.data.clone();
    if let Some(external) = &options.external {
        let store =
            Store::External(Arc::new(External::open(external, &data, options.url_expiry.unwrap_or(URL_EXPIRY))?));
        return Ok(House::new(Arc::new(Services { store, keys, options }), None));
    }
    let rules = Rules { floor: options.min_part_size, sink: options.sink };
    let disk = Arc::new(Disk::open(&data, rules)?);
    let signer = Signer::open(&data)?;
    let origin = storage::service(Arc::clone(&disk), &signer);
    let store = Store::Embedded(disk, signer);
    Ok(House::new(Arc::new(Services { store, keys, options }), Some(origin)))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that was killed a moment ago must not keep its successor from the port.
    socket.set_reuseaddr(true)?;
    socket
        .bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
    socket.listen(1024)
}
