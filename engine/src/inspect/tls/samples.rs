//! For tests: hellos, built from the specification.

/// A hello's extension.
pub fn extension(kind: u16, value: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &long(value)].concat()
}

/// Bytes behind their two-byte length.
pub fn long(value: &[u8]) -> Vec<u8> {
    [&u16::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat()
}

/// Bytes behind their one-byte length.
pub fn short(value: &[u8]) -> Vec<u8> {
    [&[u8::try_from(value.len()).unwrap()][..], value].concat()
}

/// What a browser of today sends, GREASE and all; `extra` more extensions. `cookie` as DTLS has it.
pub fn client_hello_body(version: u16, cookie: Option<&[u8]>, name: &str, extra: &[u8]) -> Vec<u8> {
    let name = [&[0][..], &long(name.as_bytes())].concat();
    let extensions = [
        extension(0x3a3a, &[]),
        extension(0, &long(&name)),
        extension(10, &long(&[0x11, 0xec, 0, 29])),
        extension(16, &long(b"\x02h2\x08http/1.1")),
        extension(13, &long(&[4, 3, 8, 4])),
        extra.to_vec(),
    ]
    .concat();
    [
        version.to_be_bytes().to_vec(),
        vec![7; 32],
        short(&[9; 32]),
        cookie.map(short).unwrap_or_default(),
        long(&[0x1a, 0x1a, 0x13, 1, 0x13, 2, 0xc0, 0x2b]),
        short(&[0]),
        long(&extensions),
    ]
    .concat()
}

/// A hello that offers TLS 1.3.
pub fn client_hello(name: &str) -> Vec<u8> {
    message(1, &client_hello_body(0x0303, None, name, &extension(43, &short(&[0x2a, 0x2a, 3, 4, 3, 3]))))
}

/// A server's answer.
pub fn server_hello(version: u16) -> Vec<u8> {
    let chosen = extension(43, &version.to_be_bytes());
    let extensions = if version > 0x0303 { chosen } else { extension(16, &long(b"\x02h2")) };
    message(2, &[vec![3, 3], vec![8; 32], short(&[]), vec![0x13, 2, 0], long(&extensions)].concat())
}

/// A handshake message.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&(u32::try_from(body.len()).unwrap() | u32::from(kind) << 24).to_be_bytes()[..], body].concat()
}

/// A record.
pub fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, if kind == 22 { 1 } else { 3 }][..], &long(body)].concat()
}
