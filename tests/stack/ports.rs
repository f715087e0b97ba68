//! Free ports of the loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// As many free ports as there are names. They are free now; whoever starts a server on one has to
/// expect that another took it in between.
pub fn free<const N: usize>() -> io::Result<[u16; N]> {
    // All are held until the last is known, so that no two are the same.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// A port on which nobody listens, and nobody will while it is held: it refuses every connection.
#[derive(Debug)]
pub struct Closed(Socket);

impl Closed {
    /// Takes one.
    pub fn take() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        Ok(Self(socket))
    }

    /// Its number.
    pub fn port(&self) -> io::Result<u16> {
        let address = self.0.local_addr()?;
        address.as_socket().map(|address| address.port()).ok_or_else(|| io::Error::other("no IP address"))
    }
}
