//! A small HTTP/1.1 server on threads, for the loopback interface.
//!
//! It is our own because a registry that misbehaves must be able to end a connection in the middle of a body, and
//! because every request must be bounded: `tiny_http` offers neither (no access to the socket, unbounded header lines
//! and threads, connections that outlive the server).

mod answer;
mod call;
mod site;

pub(crate) use answer::{Answer, Body, Delivery};
pub(crate) use call::{Call, query_pairs};

use crate::budget::{self, Room};
use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Locks, also after another thread died with the lock held: what we guard stays consistent between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the server is to stop, and a way to sleep that ends when it is.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    asked: Mutex<bool>,
    bell: Condvar,
}

impl Stop {
    /// Sleeps for `delay`, or until the server stops.
    pub(crate) fn sleep(&self, delay: Duration) {
        let end = Instant::now() + delay;
        let mut asked = lock(&self.asked);
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero() && !*asked) {
            asked = self.bell.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn ask(&self) {
        *lock(&self.asked) = true;
        self.bell.notify_all();
    }

    fn asked(&self) -> bool {
        *lock(&self.asked)
    }
}

/// The open connections, so that stopping can end and await them.
#[derive(Default)]
struct Connections {
    open: HashMap<u64, (TcpStream, Option<JoinHandle<()>>)>,
    next: u64,
}

/// A running server; dropped, it is stopped and every thread of it has ended.
pub(crate) struct Server {
    addr: SocketAddr,
    stop: Arc<Stop>,
    accepting: Option<JoinHandle<()>>,
    connections: Arc<Mutex<Connections>>,
}

/// What answers the calls.
pub(crate) type Answering = dyn Fn(&Call) -> (Answer, Delivery) + Send + Sync;

impl Server {
    /// Takes a loopback port; `prepare` makes what answers, once the address is known.
    pub(crate) fn start(
        port: u16,
        room: Room,
        prepare: impl FnOnce(SocketAddr, Arc<Stop>) -> Arc<Answering>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let addr = listener.local_addr()?;
        let stop = Arc::<Stop>::default();
        let connections = Arc::<Mutex<Connections>>::default();
        let answering = prepare(addr, Arc::clone(&stop));
        let accepting = thread::Builder::new().name("sandbox-accept".to_owned()).spawn({
            let (stop, connections) = (Arc::clone(&stop), Arc::clone(&connections));
            move || accept(&listener, &stop, &connections, &answering, &room)
        })?;
        Ok(Self { addr, stop, accepting: Some(accepting), connections })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.ask();
        // One connection of our own ends the wait in `accept`; should it fail, the listener has failed before.
        let woken = TcpStream::connect(self.addr).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            drop(accepting.join());
        }
        let open: Vec<_> = lock(&self.connections).open.drain().map(|(_, connection)| connection).collect();
        for (stream, _) in &open {
            drop(stream.shutdown(Shutdown::Both));
        }
        for thread in open.into_iter().filter_map(|(_, thread)| thread) {
            drop(thread.join());
        }
    }
}

/// Takes connections until the server stops, one thread each.
fn accept(
    listener: &TcpListener,
    stop: &Arc<Stop>,
    connections: &Arc<Mutex<Connections>>,
    answering: &Arc<Answering>,
    room: &Room,
) {
    loop {
        let accepted = listener.accept();
        if stop.asked() {
            return;
        }
        match accepted {
            Ok((stream, _)) => drop(open(stream, connections, answering, room)),
            // Out of file descriptors, or a client that left at once: try again, but not in a busy loop.
            Err(_) => stop.sleep(Duration::from_millis(10)),
        }
    }
}

/// Starts the thread of one connection, unless there are too many.
fn open(
    stream: TcpStream,
    connections: &Arc<Mutex<Connections>>,
    answering: &Arc<Answering>,
    room: &Room,
) -> io::Result<()> {
    let mut all = lock(connections);
    if all.open.len() >= budget::CONNECTIONS {
        return Answer::error(503, "TOOMANYREQUESTS", "too many connections").send(&stream, Delivery::Close, false);
    }
    let id = all.next;
    all.next += 1;
    let ours = stream.try_clone()?;
    let thread = thread::Builder::new().name("sandbox-connection".to_owned()).spawn({
        let (connections, answering, room) = (Arc::clone(connections), Arc::clone(answering), room.clone());
        move || {
            // A client that breaks off is the client's affair: there is nobody left to tell.
            drop(converse(&stream, answering.as_ref(), &room));
            drop(stream.shutdown(Shutdown::Both));
            lock(&connections).open.remove(&id);
        }
    })?;
    all.open.insert(id, (ours, Some(thread)));
    Ok(())
}

/// Reads calls and answers them, until one side ends the connection.
fn converse(stream: &TcpStream, answering: &Answering, room: &Room) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(budget::IDLE))?;
    stream.set_write_timeout(Some(budget::IDLE))?;
    let mut reader = BufReader::new(stream);
    loop {
        let call = match Call::read(&mut reader, stream, room)? {
            call::Read::Call(call) => call,
            call::Read::Refused(answer) => return answer.send(stream, Delivery::Close, false),
            call::Read::End => return Ok(()),
        };
        if let Some(answer) = site::refusal(&call) {
            return answer.send(stream, Delivery::Close, call.head());
        }
        let (answer, delivery) = answering(&call);
        let last = call.last || delivery != Delivery::Whole && delivery != Delivery::Altered;
        let delivery = if call.last && delivery == Delivery::Whole { Delivery::Close } else { delivery };
        let head = call.head();
        drop(call); // Its room is free again before anybody hears of it.
        answer.send(stream, delivery, head)?;
        if last {
            return Ok(());
        }
    }
}
