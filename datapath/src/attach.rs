//! Attaching the gate to its ports: by tcx links, or by clsact filters where the kernel is older than 6.6.

use std::fs;
use std::mem;

use aya::programs::links::{FdLink, PinnedLink};
use aya::programs::tc::{self, NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle};
use aya::programs::{LinkOrder, ProgramError, SchedClassifier, TcAttachType};

use crate::error::{Error, Trying};
use crate::gate::PROGRAM;
use crate::pins::Pins;
use crate::source::Place;

/// Our filter's place among others on a clsact hook: first, and findable again.
const PRIORITY: u16 = 1;
const HANDLE: TcHandle = TcHandle::new(0, 1);

/// Which way to attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// tcx, and clsact where there is none.
    Newest,
    /// clsact, for comparison and where another program must stay the only one on tcx.
    Clsact,
}

pub(crate) fn both(
    program: &mut SchedClassifier,
    ports: &[String; 2],
    pins: &Pins,
    prefer: Prefer,
) -> Result<Place, Error> {
    if prefer == Prefer::Newest && tcx(program, ports, pins).is_ok() {
        // A former program may have left filters: no packet is to pass two gates.
        for name in ports {
            remove_filter(name);
        }
        return Ok(Place::Tcx);
    }
    // Likewise links, or the one of a port whose neighbour refused it.
    for port in 0..ports.len() {
        let _ = fs::remove_file(pins.link(port));
    }
    for name in ports {
        filter(program, name).trying("attach to the port")?;
    }
    Ok(Place::Clsact)
}

fn tcx(program: &mut SchedClassifier, ports: &[String; 2], pins: &Pins) -> Result<(), Error> {
    for (port, name) in ports.iter().enumerate() {
        let pin = pins.link(port);
        if let Ok(former) = PinnedLink::from_pin(&pin) {
            if replace(program, former).is_ok() {
                continue;
            }
            fs::remove_file(&pin).trying("remove the pin of a dead link")?;
        }
        let order = TcAttachOptions::TcxOrder(LinkOrder::default());
        let id = program.attach_with_options(name, TcAttachType::Ingress, order).trying("attach by tcx")?;
        let link: FdLink = program.take_link(id).trying("take the link")?.try_into().trying("take the link")?;
        link.pin(&pin).trying("pin the link")?;
    }
    Ok(())
}

/// Puts our program in the place of a former one, between two packets.
fn replace(program: &mut SchedClassifier, former: PinnedLink) -> Result<(), Error> {
    let link: SchedClassifierLink = FdLink::from(former).try_into().trying("open the pinned link")?;
    let id = program.attach_to_link(link).trying("replace the program")?;
    // The pin holds the link; our own hold may go.
    program.take_link(id).map(drop).trying("take the link")
}

fn filter(program: &mut SchedClassifier, name: &str) -> Result<(), ProgramError> {
    // It may be there already, and if it cannot be had the next call says so.
    let _ = tc::qdisc_add_clsact(name);
    let former = SchedClassifierLink::attached(name, TcAttachType::Ingress, PRIORITY, HANDLE, None)
        .map_err(tc::TcError::IoError)?;
    let id = match program.attach_to_link(former) {
        Ok(id) => id,
        Err(_) => program.attach_with_options(
            name,
            TcAttachType::Ingress,
            TcAttachOptions::Netlink(NlOptions { priority: PRIORITY, handle: HANDLE, classid: None }),
        )?,
    };
    // Dropping it would take the filter away, which is to outlive us.
    mem::forget(program.take_link(id)?);
    Ok(())
}

/// Takes our filter off a port, where it has one.
pub(crate) fn remove_filter(name: &str) {
    let _ = tc::qdisc_detach_program(name, TcAttachType::Ingress, PROGRAM);
}
