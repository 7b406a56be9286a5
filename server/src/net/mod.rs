//! Sockets: accepts them, throttles them, breaks them. Knows no route and no service.

pub(crate) mod accept;
pub(crate) mod control;
pub(crate) mod tls;
pub(crate) mod wire;
