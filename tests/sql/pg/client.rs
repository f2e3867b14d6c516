//! A client of PostgreSQL's protocol, as small as will do: messages out, messages in, SCRAM.

use std::net::SocketAddr;

use pgwire::api::auth::sasl::scram::gen_salted_password;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A message of the server: its letter and what follows the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub letter: char,
    pub body: Vec<u8>,
}

impl Message {
    /// A field of an error (`C` the code, `M` the words).
    pub fn field(&self, key: u8) -> String {
        let fields = self.body.split(|b| *b == 0).find(|field| field.first() == Some(&key));
        fields.map_or_else(String::new, |field| String::from_utf8_lossy(&field[1..]).into_owned())
    }

    /// The values of a row, as text.
    pub fn values(&self) -> Vec<Option<String>> {
        let mut at = 2;
        let mut values = Vec::new();
        for _ in 0..i16::from_be_bytes([self.body[0], self.body[1]]) {
            let length = i32::from_be_bytes(self.body[at..at + 4].try_into().unwrap());
            at += 4;
            values.push(usize::try_from(length).ok().map(|length| {
                at += length;
                String::from_utf8_lossy(&self.body[at - length..at]).into_owned()
            }));
        }
        values
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim_end_matches('\0').to_owned()
    }
}

pub struct Client {
    socket: TcpStream,
    address: SocketAddr,
    /// For a cancel.
    pub key: Vec<u8>,
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let with = |pad: u8| block.iter().map(|b| b ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(with(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(with(0x5c)).chain_update(inner).finalize().into()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS[usize::try_from(word >> (18 - 6 * at) & 63).unwrap()];
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        text.bytes().filter_map(|b| DIGITS.iter().position(|d| *d == b)).map(|at| u32::try_from(at).unwrap()).collect();
    let bytes = digits.chunks(4).flat_map(|chunk| {
        let word = chunk.iter().fold(0, |word, d| word << 6 | d) << (6 * (4 - chunk.len()));
        word.to_be_bytes()[1..chunk.len()].to_vec()
    });
    bytes.collect()
}

impl Client {
    /// Comes in; an error of the server is returned.
    pub async fn enter(
        address: SocketAddr,
        account: &str,
        password: &str,
        more: &[(&str, &str)],
    ) -> Result<Self, Message> {
        let socket = TcpStream::connect(address).await.unwrap();
        let mut client = Self { socket, address, key: Vec::new() };
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        for (name, value) in [("user", account)].iter().chain(more) {
            body.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
        }
        body.push(0);
        client.raw(&body).await;
        client.prove(password).await?;
        for message in client.until('Z').await {
            match message.letter {
                'K' => client.key = message.body,
                'E' => return Err(message),
                _ => {}
            }
        }
        Ok(client)
    }

    async fn prove(&mut self, password: &str) -> Result<(), Message> {
        self.must('R').await?;
        let first_bare = "n=,r=a client's nonce";
        let first = format!("n,,{first_bare}");
        let mut body = b"SCRAM-SHA-256\0".to_vec();
        body.extend_from_slice(&i32::try_from(first.len()).unwrap().to_be_bytes());
        body.extend_from_slice(first.as_bytes());
        self.send('p', &body).await;
        let answer = self.must('R').await?;
        let server_first = String::from_utf8(answer.body[4..].to_vec()).unwrap();
        let part = |key: &str| server_first.split(',').find_map(|part| part.strip_prefix(key)).unwrap().to_owned();
        let salted = gen_salted_password(password, &from_base64(&part("s=")), part("i=").parse().unwrap());
        let without_proof = format!("c=biws,r={}", part("r="));
        let client_key = hmac(&salted, b"Client Key");
        let stored: [u8; 32] = Sha256::digest(client_key).into();
        let signature = hmac(&stored, format!("{first_bare},{server_first},{without_proof}").as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        self.send('p', format!("{without_proof},p={}", to_base64(&proof)).as_bytes()).await;
        self.must('R').await.map(drop)
    }

    async fn must(&mut self, letter: char) -> Result<Message, Message> {
        let message = self.receive().await.expect("the server answers");
        if message.letter == letter { Ok(message) } else { Err(message) }
    }

    async fn raw(&mut self, body: &[u8]) {
        let length = i32::try_from(body.len() + 4).unwrap();
        self.socket.write_all(&length.to_be_bytes()).await.unwrap();
        self.socket.write_all(body).await.unwrap();
    }

    pub async fn send(&mut self, letter: char, body: &[u8]) {
        self.socket.write_all(&[u8::try_from(letter).unwrap()]).await.unwrap();
        self.raw(body).await;
    }

    /// The next message; `None` if the server has closed.
    pub async fn receive(&mut self) -> Option<Message> {
        let letter = char::from(self.socket.read_u8().await.ok()?);
        let length = usize::try_from(self.socket.read_i32().await.ok()? - 4).unwrap();
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).await.ok()?;
        Some(Message { letter, body })
    }

    /// Messages up to and with the first of this letter, or to the end.
    pub async fn until(&mut self, letter: char) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.receive().await {
            let last = message.letter == letter;
            messages.push(message);
            if last {
                break;
            }
        }
        messages
    }

    /// Asks in the simple way.
    pub async fn ask(&mut self, sql: &str) -> Vec<Message> {
        self.send('Q', format!("{sql}\0").as_bytes()).await;
        self.until('Z').await
    }

    /// The rows of an answer, or the code of its error.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let messages = self.ask(sql).await;
        match messages.iter().find(|message| message.letter == 'E') {
            Some(error) => Err(error.field(b'C')),
            None => Ok(messages.iter().filter(|message| message.letter == 'D').map(Message::values).collect()),
        }
    }

    /// The tags of an answer, and how the transaction stands after it.
    pub async fn tags(&mut self, sql: &str) -> (Vec<String>, char) {
        let messages = self.ask(sql).await;
        let tags = messages.iter().filter(|message| message.letter == 'C').map(Message::text).collect();
        (tags, char::from(messages.last().unwrap().body[0]))
    }

    /// Parses, binds without values to the portal "", and executes so many rows; sync is the caller's.
    pub async fn extended(&mut self, sql: &str, most: i32) {
        self.send('P', format!("\0{sql}\0\0\0").as_bytes()).await;
        self.send('B', b"\0\0\0\0\0\0\0\0").await;
        self.execute(most).await;
    }

    pub async fn execute(&mut self, most: i32) {
        let mut body = vec![0];
        body.extend_from_slice(&most.to_be_bytes());
        self.send('E', &body).await;
    }

    /// Asks the server to cancel what the holder of this key is at.
    pub async fn cancel(&self, key: &[u8]) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let mut body = 16_i32.to_be_bytes().to_vec();
        body.extend_from_slice(&80_877_102_i32.to_be_bytes());
        body.extend_from_slice(key);
        socket.write_all(&body).await.unwrap();
        // The server closes once it has taken it.
        drop(socket.read_to_end(&mut Vec::new()).await);
    }
}
