//! Where links and maps are pinned, so that the line outlives the program: `/sys/fs/bpf/peergate/<name>/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aya::maps::{Array, Map, MapData};

use crate::abi::{Conf, LAYOUT_VERSION};
use crate::error::{Error, Trying};
use crate::gate::Sizes;
use crate::sys;

const BPFFS: &str = "/sys/fs/bpf";
const OURS: &str = "peergate";

/// The pins of one bridge.
#[derive(Clone, Debug)]
pub(crate) struct Pins(PathBuf);

impl Pins {
    /// Those of the bridge `name`, which need not exist.
    pub fn of(name: &str) -> Result<Self, Error> {
        // The BPF file system allows no dots in names.
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(Error::Config(format!("bridge name {name:?}: use letters, digits, - and _ only")));
        }
        Ok(Self(Path::new(BPFFS).join(OURS).join(name)))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn link(&self, port: usize) -> PathBuf {
        self.0.join(format!("link{port}"))
    }

    /// Makes the directory, mounting the BPF file system where nobody has.
    pub fn create(&self) -> Result<(), Error> {
        if !sys::is_bpffs(Path::new(BPFFS)) {
            sys::mount_bpffs(Path::new(BPFFS)).trying("mount the BPF file system on /sys/fs/bpf")?;
        }
        fs::create_dir_all(&self.0).trying("make the directory of the pins")
    }

    /// Removes everything pinned here: the kernel lets go of what nobody else holds. Tells whether there was anything.
    pub fn remove(&self) -> Result<bool, Error> {
        match remove_all(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            result => result.map(|()| true).trying("remove the pins"),
        }
    }

    /// The settings that a former program left here.
    pub fn settings(&self) -> Option<Conf> {
        let map = MapData::from_pin(self.0.join("settings")).ok()?;
        // An older layout has another size, which the typed map refuses.
        let settings: Array<MapData, Conf> = Array::try_from(Map::Array(map)).ok()?;
        settings.get(&0, 0).ok().filter(|conf| conf.layout == LAYOUT_VERSION)
    }

    /// The settings that a former program left here, if everything here fits a program with these ports and sizes.
    pub fn adoptable(&self, ifindex: [u32; 2], netns: u64, sizes: Sizes) -> Option<Conf> {
        let conf = self.settings()?;
        (conf.ifindex == ifindex && conf.netns == netns && sizes.match_pins(&self.0)).then_some(conf)
    }
}

/// `remove_dir_all` opens what it removes, which the BPF file system does not allow.
fn remove_all(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        fs::remove_file(entry?.path())?;
    }
    fs::remove_dir(directory)
}
