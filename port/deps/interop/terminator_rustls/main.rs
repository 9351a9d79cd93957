//! rustls before a receiver of plain HTTP: terminator BACKEND_PORT CERT KEY CA VERSION CLIENT
//! VERSION: 1.2 or 1.3, no other is spoken. CLIENT: required, or none.
//! Invariant: says "listening PORT" once it can be reached, and for each handshake one line: "TLS VERSION client NAMES".
use rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

const TURN: Duration = Duration::from_millis(2); // how long one direction waits before the other has its turn

fn config(args: &[String]) -> ServerConfig {
    let versions = match args[5].as_str() {
        "1.2" => vec![&rustls::version::TLS12],
        _ => vec![&rustls::version::TLS13],
    };
    let chain = CertificateDer::pem_file_iter(&args[2]).unwrap().map(|cert| cert.unwrap()).collect();
    let key = PrivateKeyDer::from_pem_file(&args[3]).unwrap();
    let builder = ServerConfig::builder_with_protocol_versions(&versions);
    let builder = if args[6] == "required" {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&args[4]).unwrap()).unwrap();
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    builder.with_single_cert(chain, key).unwrap()
}

/// Moves what there is. Returns false when the sender has ended.
fn pass(from: &mut impl Read, to: &mut impl Write) -> Result<bool> {
    let mut piece = [0u8; 16384];
    match from.read(&mut piece) {
        Ok(0) => Ok(false),
        Ok(len) => to.write_all(&piece[..len]).and_then(|_| to.flush()).map(|_| true),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error),
    }
}

fn serve(mut socket: TcpStream, config: Arc<ServerConfig>, backend: u16) -> Result<()> {
    let mut tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    let client = tls.peer_certificates().map_or(0, |chain| chain.len());
    println!("{:?} client {}", tls.protocol_version().unwrap(), if client > 0 { "certified" } else { "unknown" });
    let mut behind = TcpStream::connect(("127.0.0.1", backend))?;
    socket.set_read_timeout(Some(TURN))?;
    behind.set_read_timeout(Some(TURN))?;
    let mut front = StreamOwned::new(tls, socket);
    while pass(&mut front, &mut behind)? && pass(&mut behind, &mut front)? {}
    front.conn.send_close_notify();
    let _ = front.conn.complete_io(&mut front.sock);
    behind.shutdown(Shutdown::Both)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let config = Arc::new(config(&args));
    let backend: u16 = args[1].parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    println!("listening {}", listener.local_addr().unwrap().port());
    for socket in listener.incoming().flatten() {
        let config = config.clone();
        std::thread::spawn(move || {
            if let Err(error) = serve(socket, config, backend) {
                eprintln!("{error}");
            }
        });
    }
}
