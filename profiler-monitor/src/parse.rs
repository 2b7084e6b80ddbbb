//! The text of `MEM_PROFILE_MONITOR`.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::guard::Growth;
use crate::limit::{Threshold, time};

/// The shortest time between two samples: reading one takes up to a tenth of a millisecond.
pub(crate) const SHORTEST: Duration = Duration::from_millis(10);

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Above(Threshold),
    Critical(Threshold),
    Interval(Duration),
    Growth(Growth),
    Log(bool),
    Children(bool),
    Snapshots(PathBuf),
    Listen(SocketAddr),
    Token(String),
}

/// The settings in a text such as `above=500MiB,critical=90%,interval=30s,growth=3MiB/min:20min,log=off`. Returns a
/// sentence for each one that is not understood.
pub(crate) fn settings(text: &str, mut set: impl FnMut(Known)) -> Vec<String> {
    let (mut errors, mut keys) = (Vec::new(), HashSet::new());
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match setting(key.trim(), value.trim()) {
            Ok(known) => {
                if !keys.insert(key.trim()) {
                    errors.push(format!("{key} is set twice: the last one holds"));
                }
                set(known);
            }
            Err(error) => errors.push(error),
        }
    }
    errors
}

fn setting(key: &str, value: &str) -> Result<Known, String> {
    let amount = || value.parse().map_err(|error| format!("{key}={value} is {error}"));
    let expected = |what: &str| format!("{key}={value} is not {what}");
    match key {
        "above" => amount().map(Known::Above),
        "critical" => amount().map(Known::Critical),
        "interval" => {
            let interval = time(value).ok_or_else(|| expected("a time, such as 30s or 1min"))?;
            let is_long_enough = interval >= SHORTEST;
            let too_short = || format!("{key}={value} is less than 10ms");
            is_long_enough.then_some(Known::Interval(interval)).ok_or_else(too_short)
        }
        "growth" => {
            let growth = value.parse().map_err(|error| format!("{key}={value} is {error}"));
            growth.map(Known::Growth)
        }
        "log" | "children" => {
            let is_on = match value {
                "on" => true,
                "off" => false,
                _ => return Err(expected("on or off")),
            };
            Ok(if key == "log" { Known::Log(is_on) } else { Known::Children(is_on) })
        }
        "snapshots" if !value.is_empty() => Ok(Known::Snapshots(value.into())),
        "snapshots" => Err("snapshots= has no folder".to_owned()),
        "listen" => {
            let address = address(value);
            let address = address.ok_or_else(|| expected("an address, such as 127.0.0.1:9464"));
            address.map(Known::Listen)
        }
        "token" if !value.is_empty() => Ok(Known::Token(value.to_owned())),
        // It is not shown.
        "token" => Err("token= is empty".to_owned()),
        _ => Err(format!(
            "{key} is not known and has no effect: there are above, critical, interval, growth, log, children, snapshots, listen, token"
        )),
    }
}

/// `127.0.0.1:9464`, or a port alone, to which only programs of the same machine can connect.
fn address(text: &str) -> Option<SocketAddr> {
    let port = text.parse().map(|port: u16| (Ipv4Addr::LOCALHOST, port).into());
    port.or_else(|_| text.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Known>, Vec<String>) {
        let mut known = Vec::new();
        let errors = settings(text, |setting| known.push(setting));
        (known, errors)
    }

    #[test]
    fn every_setting_is_read() {
        let growth = Growth { per_minute: 3 << 20, window: Duration::from_secs(600) };
        let (known, errors) = read(
            "above=500MiB, critical=95%,interval=30s,growth=3MiB/min:10min,log=off,children=on,\
             snapshots=/var/a b,listen=9464,token=secret",
        );
        let expected = [
            Known::Above(Threshold::Bytes(500 << 20)),
            Known::Critical(Threshold::Share(0.95)),
            Known::Interval(Duration::from_secs(30)),
            Known::Growth(growth),
            Known::Log(false),
            Known::Children(true),
            Known::Snapshots("/var/a b".into()),
            Known::Listen("127.0.0.1:9464".parse().unwrap()),
            Known::Token("secret".to_owned()),
        ];
        assert_eq!((known.as_slice(), errors.as_slice()), (&expected[..], &[][..]));
    }

    #[test]
    fn each_mistake_is_named_and_the_rest_holds() {
        let (known, errors) = read(
            "abov=1,above=lots,interval=30,interval=9ms,growth=fast,log=no,children=,snapshots=,listen=localhost,token=,above=7,stray,above=8",
        );
        assert_eq!(known, [7, 8].map(|bytes| Known::Above(Threshold::Bytes(bytes))));
        let expected = [
            "abov is not known and has no effect: there are above, critical, interval, growth, log, children, snapshots, listen, token",
            "above=lots is not an amount of memory, such as 500MiB or 90%",
            "interval=30 is not a time, such as 30s or 1min",
            "interval=9ms is less than 10ms",
            "growth=fast is not a growth, such as 3MiB/min:20min",
            "log=no is not on or off",
            "children= is not on or off",
            "snapshots= has no folder",
            "listen=localhost is not an address, such as 127.0.0.1:9464",
            "token= is empty",
            "stray is not known and has no effect: there are above, critical, interval, growth, log, children, snapshots, listen, token",
            "above is set twice: the last one holds",
        ];
        assert_eq!(errors, expected);
        let growth = Growth { per_minute: 3 << 20, window: Duration::from_secs(1200) };
        assert_eq!(read("growth=3MiB").0, [Known::Growth(growth)]);
        assert_eq!(read("listen=[::]:80").0, [Known::Listen("[::]:80".parse().unwrap())]);
    }
}
