//! The socket as hyper sees it, obeying the connection's control.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BufMut as _;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::control::{Control, End, Leave};

/// A TCP stream that can be throttled, frozen and reset from outside.
pub(crate) struct Wire {
    socket: Arc<TcpStream>,
    control: Arc<Control>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    /// Wraps an accepted socket.
    pub(crate) fn new(socket: TcpStream) -> Self {
        let socket = Arc::new(socket);
        let control = Arc::new(Control::new(Arc::downgrade(&socket)));
        Self { socket, control, pause: None }
    }

    /// The handle that requests on this connection share.
    pub(crate) fn control(&self) -> Arc<Control> {
        Arc::clone(&self.control)
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let most = match self.control.leave(cx.waker()) {
                Leave::Read(most) => most,
                Leave::Never => return Poll::Pending,
                Leave::Over => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
                Leave::Wait(until) => {
                    let pause = self.pause.insert(Box::pin(tokio::time::sleep_until(until)));
                    ready!(pause.as_mut().poll(cx));
                    continue;
                }
            };
            ready!(self.socket.poll_read_ready(cx))?;
            match self.socket.try_read_buf(&mut (&mut *buffer).limit(most)) {
                Ok(read) => {
                    self.control.spend(read);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.control.ended().is_some() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        loop {
            ready!(self.socket.poll_write_ready(cx))?;
            match self.socket.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.control.ended() {
            // An orderly end before the reset would be read as one.
            Some(End::Reset) => Poll::Ready(Ok(())),
            Some(End::Close) | None => Poll::Ready(SockRef::from(&*self.socket).shutdown(std::net::Shutdown::Write)),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.control.ended() == Some(End::Reset) {
            // With a linger of zero, closing sends a reset and forgets what was not sent.
            let _ = SockRef::from(&*self.socket).set_linger(Some(Duration::ZERO));
        }
    }
}
