//! The HTTP service: the command's bytes, every refusal, clients that mean no good, and ends of all kinds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Dir, STORY, code, corpus, program, record, run, run_with_input, stdout};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

struct Service {
    child: Child,
    port: u16,
}

impl Service {
    fn start(index: &Path, flags: &[&str]) -> Service {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--index"])
            .arg(index)
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        let port = said.rsplit_once(':').and_then(|(_, rest)| rest.trim_end_matches("/\n").parse().ok());
        Service { port: port.unwrap_or_else(|| panic!("{said}")), child }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn ask(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask_with(method, path, &[], body)
    }

    fn ask_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect();
        write(&mut stream, method, path, &[headers, &[("Connection", "close")]].concat(), body.as_ref());
        Answer::read(&mut BufReader::new(stream))
    }

    fn end(&mut self, signal: &str) -> i32 {
        send(&self.child, signal);
        let until = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code().unwrap_or(-1),
                None => assert!(Instant::now() < until, "it does not end"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn write(stream: &mut TcpStream, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head += "Host: 127.0.0.1\r\n";
    }
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    // A service that refuses may close before everything is sent.
    let _ = stream.write_all(&[head.as_bytes(), b"\r\n", body].concat());
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether the body ends as it should.
    is_whole: bool,
}

impl Answer {
    fn read(from: &mut impl BufRead) -> Answer {
        let first = line(from);
        let status =
            first.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("`{first}`"));
        let mut answer = Answer { status, headers: pairs(from), body: Vec::new(), is_whole: true };
        match answer.header("content-length").map(|length| length.parse().unwrap()) {
            Some(length) => {
                answer.body.resize(length, 0);
                from.read_exact(&mut answer.body).unwrap();
            }
            None if answer.header("transfer-encoding").is_some() => answer.chunks(from),
            None => {}
        }
        answer
    }

    fn chunks(&mut self, from: &mut impl BufRead) {
        loop {
            let Ok(length) = usize::from_str_radix(&line(from), 16) else {
                self.is_whole = false;
                return;
            };
            if length == 0 {
                self.headers.extend(pairs(from));
                return;
            }
            let mut chunk = vec![0; length + 2];
            if from.read_exact(&mut chunk).is_err() {
                self.is_whole = false;
                return;
            }
            self.body.extend_from_slice(&chunk[..length]);
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        assert_eq!((self.status, self.is_whole), (200, true), "{}", self.text());
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A line without its end; nothing at the end of the stream.
fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    let _ = from.read_line(&mut line);
    line.trim_end().to_owned()
}

fn pairs(from: &mut impl BufRead) -> Vec<(String, String)> {
    std::iter::repeat_with(|| line(from))
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect()
}

/// Every text file of the bundled corpus, as a line.
fn wire() -> String {
    let mut files = Vec::new();
    collect(&corpus(""), &mut files);
    files.sort();
    let texts = files.iter().filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    texts.map(|(path, text)| record(&path.display().to_string(), &text)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "txt") {
            files.push(path);
        }
    }
}

/// Lines without the times at which they were seen.
fn timeless(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut parts = text.split("\"seen_at\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + "\"seen_at\":\"" + part.split_once('"').unwrap().1)
}

fn command(index: &Path, flags: &[&str], input: &str) -> Vec<u8> {
    let arguments = [&["filter", "--quiet", "--index", index.to_str().unwrap()], flags].concat();
    run_with_input(&arguments, input.as_bytes()).stdout
}

/// A document of its own.
fn own(number: usize) -> String {
    let words = (0..40).map(|i| format!("word{}x{}", number * 7919 + i * i, i)).collect::<Vec<_>>().join(" ");
    record(&format!("own-{number}"), &format!("Report {number}: {words}"))
}

#[test]
fn says_what_the_command_says_byte_for_byte() {
    let dir = Dir::new();
    let lines = format!("{}\n \nno json\n{}{}", wire(), record("x", STORY), json!({ "text": STORY }));
    let service = Service::start(&dir.path("service"), &[]);
    let expected = command(&dir.path("command"), &[], &lines);
    let answer = service.ask_with("POST", "/v1/filter", &[("TE", "trailers")], &lines);
    assert_eq!((answer.status, timeless(&answer.body)), (200, timeless(&expected)));
    assert_eq!(answer.header("wirecopy-rejected"), Some("1"));
    // Answered again as before, the times too.
    assert_eq!(service.ask("POST", "/v1/filter", &lines).body, answer.body);
    let asked = [record("y", STORY), own(1)].concat();
    let checked = service.ask("POST", "/v1/filter?check=true", &asked);
    assert_eq!(timeless(&checked.body), timeless(&command(&dir.path("command"), &["--check"], &asked)));
    let dropped = service.ask("POST", "/v1/filter?on_duplicate=drop", &asked);
    let expected = command(&dir.path("command"), &["--on-duplicate", "drop"], &asked);
    assert_eq!(timeless(&dropped.body), timeless(&expected));
    assert_eq!(dropped.lines().len(), 1);
    assert_eq!(service.ask("POST", "/v1/filter", "").lines().len(), 0);
}

#[test]
fn reads_what_is_compressed_within_bounds() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &["--max-body", "1M"]);
    let lines = [record("a", STORY), record("b", STORY)].concat();
    let gzip = |bytes: &[u8]| {
        let file = dir.file("plain", bytes);
        Command::new("gzip").arg("-c").arg(file).output().unwrap().stdout
    };
    let zstd = zstd(lines.as_bytes());
    for (encoding, body) in [("gzip", gzip(lines.as_bytes())), ("zstd", zstd)] {
        let answer = service.ask_with("POST", "/v1/filter", &[("Content-Encoding", encoding)], body);
        let said = answer.lines();
        assert_eq!((said.len(), &said[1]["wirecopy"]["verdict"]), (2, &json!("exact")), "{encoding}");
    }
    let one = gzip(record("c", STORY).as_bytes());
    assert_eq!(service.ask_with("POST", "/v1/check", &[("Content-Encoding", "gzip")], one).json()["of"], "a");
    let bomb = gzip(&vec![b' '; 8 << 20]);
    for path in ["/v1/check", "/v1/filter"] {
        let answer = service.ask_with("POST", path, &[("Content-Encoding", "gzip")], &bomb);
        assert_eq!((answer.status, &answer.json()["error"]), (413, &json!("too_large")), "{path}");
        let answer = service.ask_with("POST", path, &[("Content-Encoding", "br")], "x");
        assert_eq!(answer.status, 400, "{path}");
        let answer = service.ask_with("POST", path, &[("Content-Encoding", "gzip")], &bomb[..bomb.len() / 2]);
        assert!([400, 413].contains(&answer.status), "{path}: {answer:?}");
    }
}

/// A frame of zstd that holds these bytes as they are: up to 128 KiB.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let header = (bytes.len() as u32) << 3 | 1;
    let length = (bytes.len() as u32).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0xa0], &length[..], &header.to_le_bytes()[..3], bytes].concat()
}

/// What a page says twice.
const TOLD: &str = "Council sells the clock but keeps the time";

#[test]
fn answers_single_questions() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &[]);
    let first = json!({ "id": "a/b c", "text": STORY, "title": "Lamp", "url": "https://www.courier.example/lamp", "source": "Courier" });
    service.ask("POST", "/v1/filter", format!("{first}\n{}", record("d", &format!("{STORY} And more."))));
    let found = service.ask("GET", "/v1/documents/a%2Fb%20c", "").json();
    let named = ["id", "text", "title", "url"].map(|name| found[name] == first[name]);
    assert_eq!(
        (named, &found["site"], &found["wirecopy"]["verdict"]),
        ([true; 4], &json!("Courier"), &json!("new"))
    );
    let checked = service
        .ask("POST", "/v1/check", serde_json::to_vec_pretty(&json!({ "text": STORY })).unwrap())
        .json();
    assert_eq!((&checked["verdict"], &checked["of"]), (&json!("exact"), &json!("a/b c")));
    assert_eq!(service.ask("GET", "/v1/stats", "").json()["documents"], 2, "nothing was taken");
    let compared =
        json!({ "a": { "id": "a/b c" }, "b": { "text": format!("{STORY} A new last sentence.") } });
    let compared = service.ask("POST", "/v1/compare", compared.to_string()).json();
    assert_eq!((&compared["relation"], &compared["b"]), (&json!("near"), &json!("b")));
    assert_eq!(compared["spans"][0]["a"], json!([0, STORY.len() - 1]));
    let texts = json!({ "a": { "text": STORY }, "b": { "text": "Nothing of the kind." } });
    assert_eq!(service.ask("POST", "/v1/compare", texts.to_string()).json()["relation"], Value::Null);
    let page = json!({ "text": format!("{TOLD}\n\n{STORY}\n\n{TOLD}\n\nMore of it, and then the end.") });
    let repeats = service.ask("POST", "/v1/page", page.to_string()).json();
    assert_eq!((&repeats["repeats"][0]["text"], &repeats["repeats"][0]["count"]), (&json!(TOLD), &json!(2)));
    let page = json!({ "html": format!("<h2>{TOLD}</h2><p>One.</p><h2>{TOLD}</h2><p>Two.</p>") });
    let repeats = service.ask("POST", "/v1/page", page.to_string()).json();
    assert_eq!(repeats["repeats"][0]["count"], 2, "{repeats}");
    let deleted = service.ask("DELETE", "/v1/documents/a%2Fb%20c", "");
    assert_eq!((deleted.status, deleted.json()), (200, json!({ "deleted": 1 })));
    assert_eq!(service.ask("GET", "/v1/documents/a%2Fb%20c", "").status, 404);
    let deleted = service.ask("POST", "/v1/delete", json!({ "ids": ["d", "nobody"] }).to_string());
    assert_eq!(deleted.json(), json!({ "deleted": 1 }));
    assert_eq!(service.ask("POST", "/v1/check", record("e", STORY)).json()["verdict"], "new");
}

#[test]
fn an_id_of_several_sites_is_asked_about() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &[]);
    let of = |site: &str| json!({ "id": "1", "text": format!("{site} {STORY}"), "source": site });
    service.ask("POST", "/v1/filter", format!("{}\n{}\n", of("A"), of("B and C")));
    for method in ["GET", "DELETE"] {
        let answer = service.ask(method, "/v1/documents/1", "");
        assert_eq!((answer.status, &answer.json()["error"]), (409, &json!("several")), "{method}");
    }
    assert_eq!(service.ask("GET", "/v1/documents/1?site=B%20and+C", "").json()["site"], "B and C");
    assert_eq!(service.ask("DELETE", "/v1/documents/1?site=A", "").json()["deleted"], 1);
    assert_eq!(service.ask("GET", "/v1/documents/1", "").json()["site"], "B and C");
    assert_eq!(service.ask("GET", "/v1/documents/1?site=A", "").status, 404);
}

/// The status that is expected, and the method, the path, the headers and the body that are refused with it.
type Refused<'a> = (u16, &'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn refuses_in_words() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &["--max-body", "1K"]);
    let large = "x".repeat(1025);
    let foreign = [("Origin", "http://evil.example")];
    let named = [("Host", "evil.example")];
    let cases: [Refused<'_>; 16] = [
        (400, "POST", "/v1/check", &[], "{no json"),
        (400, "POST", "/v1/check", &[], "{\"id\":\"a\"}"),
        (400, "POST", "/v1/check", &[], ""),
        (400, "POST", "/v1/compare", &[], "{\"a\":{},\"b\":{}}"),
        (400, "POST", "/v1/page", &[], "{}"),
        (400, "POST", "/v1/delete", &[], "[]"),
        (400, "POST", "/v1/filter?chek=true", &[], "{}"),
        (400, "GET", "/v1/documents/a?sit=b", &[], ""),
        (403, "POST", "/v1/filter", &foreign, "{}"),
        (403, "GET", "/v1/stats", &named, ""),
        (404, "GET", "/nothing", &[], ""),
        (404, "GET", "/v1/documents/nobody", &[], ""),
        (404, "POST", "/v1/compare", &[], "{\"a\":{\"id\":\"nobody\"},\"b\":{\"text\":\"x\"}}"),
        (405, "PUT", "/v1/filter", &[], ""),
        (413, "POST", "/v1/check", &[], &large),
        (413, "POST", "/v1/filter", &[], &large),
    ];
    for (status, method, path, headers, body) in cases {
        let answer = service.ask_with(method, path, headers, body);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        let said = answer.json();
        let words = ["error", "message"].map(|name| said[name].as_str().is_some_and(|text| !text.is_empty()));
        assert_eq!((words, said.as_object().unwrap().len()), ([true; 2], 2), "{method} {path}");
    }
    // What comes in chunks is too large once it is.
    let mut stream = service.connect();
    let head = "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}401\r\n{large}\r\n0\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut BufReader::new(stream)).status, 413);
}

#[test]
fn says_that_it_is_busy_instead_of_holding_more() {
    let dir = Dir::new();
    // One body may have all the room that there is.
    let service = Service::start(&dir.path("index"), &["--max-body", "256M"]);
    let mut first = service.connect();
    let length = 256 << 20;
    let head = format!("POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{{");
    first.write_all(head.as_bytes()).unwrap();
    let until = Instant::now() + PATIENCE;
    while service.ask("GET", "/v1/stats", "").json()["held_bytes"] != length {
        assert!(Instant::now() < until);
    }
    let answer = service.ask("POST", "/v1/check", record("a", STORY));
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    drop(first);
    while service.ask("POST", "/v1/check", record("a", STORY)).status != 200 {
        assert!(Instant::now() < until, "the room is given back");
    }
}

#[test]
fn the_description_is_of_what_is_there() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &[]);
    let described = service.ask("GET", "/openapi.json", "").json();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let mut listed: Vec<String> =
            methods.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        let answer = service.ask("PATCH", &path.replace("{id}", "x"), "");
        assert_eq!(answer.status, 405, "{path}");
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allowed.retain(|method| *method != "HEAD");
        allowed.sort_unstable();
        listed.sort();
        assert_eq!(allowed, listed, "{path}");
    }
    for (path, kind) in [("/", "text/html"), ("/service.css", "text/css"), ("/service.js", "text/javascript")]
    {
        let answer = service.ask("GET", path, "");
        assert!(answer.header("content-type").unwrap().starts_with(kind));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn counts_what_it_does() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &[]);
    let of = |id: &str, text: &str| json!({ "id": id, "text": text, "source": "Courier" }).to_string();
    service.ask("POST", "/v1/filter", [of("a", STORY), of("b", STORY), "no json".to_owned()].join("\n"));
    service.ask("GET", "/nothing/at/all", "");
    assert_eq!(service.ask("GET", "/healthz", "").json(), json!({ "status": "ok" }));
    assert_eq!(service.ask("GET", "/readyz", "").json(), json!({ "status": "ready" }));
    let metrics = service.ask("GET", "/metrics", "").text();
    for line in [
        "# TYPE wirecopy_request_seconds histogram",
        "wirecopy_requests_total{method=\"POST\",route=\"/v1/filter\",status=\"200\"} 1",
        "wirecopy_requests_total{method=\"GET\",route=\"(none)\",status=\"404\"} 1",
        "wirecopy_request_seconds_count{route=\"/v1/filter\"} 1",
        "wirecopy_verdicts_total{relation=\"new\"} 1",
        "wirecopy_verdicts_total{relation=\"exact\"} 1",
        "wirecopy_rejected_lines_total 1",
        "wirecopy_documents 2",
        "wirecopy_queue_depth 0",
        "wirecopy_segments 0",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
    let told = service.ask("GET", "/v1/stats", "").json()["since_start"].clone();
    assert_eq!((&told["recent"][0]["id"], &told["recent"][0]["of"]), (&json!("b"), &json!("a")));
    let site = json!({ "site": "Courier", "documents": 2, "verdicts": { "exact": 1, "new": 1 } });
    assert_eq!(told["sites"], json!([site]));
}

fn key(index: &Path, flags: &[&str]) -> String {
    let arguments = [&["key", "create", "--index", index.to_str().unwrap(), "--scope"], flags].concat();
    let output = run(&arguments);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    stdout(&output).split_whitespace().last().unwrap().to_owned()
}

#[test]
fn keys_open_their_scopes() {
    let dir = Dir::new();
    let index = dir.path("index");
    // Before there is an index, as whoever begins with a key needs it.
    let [read, write, admin] = ["read", "write", "admin"].map(|scope| key(&index, &[scope]));
    let short = key(&index, &["read", "--expires", "1s"]);
    let service = Service::start(&index, &[]);
    let as_one = |key: &str, method: &str, path: &str, body: &str| {
        service.ask_with(method, path, &[("Authorization", &format!("Bearer {key}"))], body).status
    };
    let doc = record("a", STORY);
    let rows =
        [("", [401; 4]), ("wrong", [401; 4]), (&read, [200, 403, 200, 403]), (&write, [200, 200, 200, 403])];
    for (key, expected) in rows {
        let asked = [
            ("POST", "/v1/check", &*doc),
            ("POST", "/v1/filter", &*doc),
            ("POST", "/v1/filter?check=true", &*doc),
            ("DELETE", "/v1/documents/a", ""),
        ];
        assert_eq!(asked.map(|(method, path, body)| as_one(key, method, path, body)), expected, "{key}");
    }
    assert_eq!(
        (as_one(&admin, "DELETE", "/v1/documents/a", ""), as_one(&read, "GET", "/metrics", "")),
        (200, 200)
    );
    let answer = service.ask("GET", "/v1/stats", "");
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    let open = ["/", "/healthz", "/readyz", "/openapi.json"].map(|path| service.ask("GET", path, "").status);
    assert_eq!(open, [200; 4]);
    let until = Instant::now() + PATIENCE;
    while as_one(&short, "GET", "/v1/stats", "") != 401 {
        assert!(Instant::now() < until, "it expires");
    }
    let listed = stdout(&run(&["key", "list", "--index", index.to_str().unwrap()]));
    assert_eq!((listed.lines().count(), listed.matches("expired").count()), (4, 1), "{listed}");
    let name = listed.lines().next().unwrap().split(' ').next().unwrap();
    assert_eq!(code(&run(&["key", "revoke", "--index", index.to_str().unwrap(), name])), 0);
    while as_one(&read, "GET", "/v1/stats", "") != 401 {
        assert!(Instant::now() < until, "it is revoked");
    }
    for file in std::fs::read_dir(&index).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            [&read, &write].iter().all(|key| !bytes.windows(key.len()).any(|part| part == key.as_bytes()))
        );
    }
}

#[test]
fn keys_are_no_part_of_what_is_indexed() {
    let dir = Dir::new();
    let index = dir.path("index");
    let place = index.to_str().unwrap();
    key(&index, &["read"]);
    command(&index, &[], &record("a", STORY));
    for command in ["verify", "stats", "compact", "repair", "upgrade"] {
        let output = run(&["index", command, place]);
        assert_eq!(code(&output), 0, "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(stdout(&run(&["key", "list", "--index", place])).lines().count(), 1);
    let other = dir.file("letters/letter.txt", "Dear editor");
    let output =
        run(&["key", "create", "--scope", "read", "--index", other.parent().unwrap().to_str().unwrap()]);
    assert_eq!(code(&output), 2, "a folder of somebody's");
    let output = run(&["key", "revoke", "--index", place, "wcp_none"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn without_keys_it_is_for_its_own_machine() {
    let dir = Dir::new();
    let index = dir.path("index");
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--index", index.to_str().unwrap()];
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(code(&output), 2);
    assert!(said.contains("wirecopy key create"), "{said}");
    assert!(!index.exists(), "nothing is made");
    let service = Service::start(&index, &[]);
    let taken = format!("127.0.0.1:{}", service.port);
    let output = run(&["serve", "--listen", &taken, "--index", dir.path("other").to_str().unwrap()]);
    assert_eq!(code(&output), 2, "the port is taken");
    let output = run(&["serve", "--listen", "127.0.0.1:0", "--index", index.to_str().unwrap()]);
    assert_eq!(code(&output), 2, "the index has a writer");
}

/// One client of many, which does its worst until it is told to stop.
fn misbehave(port: u16, kind: usize, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
        let _ = stream.set_write_timeout(Some(Duration::from_secs(1)));
        let head =
            |path: &str, rest: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{rest}\r\n\r\n");
        let chunk = [b"10000\r\n", &[b'x'; 65536][..], b"\r\n"].concat();
        let _ = match kind % 8 {
            0 => stream.write_all((head("/v1/filter", "Content-Length: 1000000") + "{\"id\"").as_bytes()),
            1 => stream.write_all(&[0xF3; 20_000]),
            2 => (0..20).try_for_each(|_| {
                std::thread::sleep(Duration::from_millis(20));
                stream.write_all(b"G")
            }),
            3 => stream
                .write_all(head("/v1/filter", "Transfer-Encoding: chunked").as_bytes())
                .and_then(|()| (0..400).try_for_each(|_| stream.write_all(&chunk))),
            4 => stream
                .write_all(head("/v1/check", "Content-Length: 300000000").as_bytes())
                .and_then(|()| (0..300).try_for_each(|_| stream.write_all(&chunk))),
            5 => (0..300)
                .try_for_each(|i| stream.write_all(format!("X-{i}: {}\r\n", "z".repeat(4000)).as_bytes())),
            // Sends much, and reads nothing of what is said.
            6 => stream
                .write_all(head("/v1/filter?check=true", "Transfer-Encoding: chunked").as_bytes())
                .and_then(|()| {
                    let lines = record("a", STORY).repeat(200);
                    let chunk = format!("{:x}\r\n{lines}\r\n", lines.len());
                    (0..200).try_for_each(|_| stream.write_all(chunk.as_bytes()))
                }),
            _ => stream.write_all(
                (head("/v1/check", "Authorization: Bearer wrong\r\nContent-Length: 2") + "{}").as_bytes(),
            ),
        };
        let _ = stream.read(&mut [0; 100]);
    }
}

#[test]
fn clients_that_mean_no_good_cost_no_memory_and_nobody_else() {
    let dir = Dir::new();
    let mut service = Service::start(&dir.path("index"), &[]);
    service.ask("POST", "/v1/filter", record("a", STORY));
    let (before, stop) = (service.megabytes(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for kind in 0..24 {
            let (port, stop) = (service.port, &stop);
            scope.spawn(move || misbehave(port, kind, stop));
        }
        for _ in 0..60 {
            let status = service.ask("POST", "/v1/check", record("b", STORY)).status;
            assert!([200, 429].contains(&status), "{status}");
            std::thread::sleep(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let after = service.megabytes();
    assert!(after < before + 250, "{before} to {after} MB");
    assert_eq!(service.ask("GET", "/v1/stats", "").json()["documents"], 1);
    assert_eq!(service.end("-TERM"), 0);
}

#[test]
fn what_was_answered_survives_a_kill() {
    let dir = Dir::new();
    let index = dir.path("index");
    let mut told: Vec<String> = Vec::new();
    for round in 0..4 {
        let service = Service::start(&index, &["--memory-documents", "64"]);
        let port = service.port;
        let more: Vec<String> = std::thread::scope(|scope| {
            let client = |from: usize| {
                scope.spawn(move || {
                    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    let lines: String = (from..from + 2000).map(own).collect();
                    write(&mut stream, "POST", "/v1/filter", &[], lines.as_bytes());
                    let mut ids = Vec::new();
                    for line in BufReader::new(stream).lines().map_while(Result::ok) {
                        ids.extend(
                            serde_json::from_str::<Value>(&line)
                                .ok()
                                .and_then(|l| Some(l["id"].as_str()?.to_owned())),
                        );
                    }
                    ids
                })
            };
            let clients: Vec<_> = (0..3).map(|i| client((round * 3 + i) * 2000)).collect();
            std::thread::sleep(Duration::from_millis(150 + 100 * round as u64));
            send(&service.child, "-KILL");
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        told.extend(more);
        drop(service);
        let service = Service::start(&index, &[]);
        for id in told.iter().rev().take(300) {
            assert_eq!(service.ask("GET", &format!("/v1/documents/{id}"), "").status, 200, "{id}");
        }
    }
    assert!(!told.is_empty());
    assert_eq!(code(&run(&["index", "verify", index.to_str().unwrap()])), 0);
}

#[test]
fn a_signal_lets_everybody_finish() {
    let dir = Dir::new();
    let index = dir.path("index");
    let mut service = Service::start(&index, &[]);
    let chunk = |line: &str| format!("{:x}\r\n{line}\r\n", line.len());
    let mut stream = service.connect();
    let head = "POST /v1/filter HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all((head.to_owned() + &chunk(&record("a", STORY))).as_bytes()).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    // The first line is answered while the second has not come.
    let head: Vec<String> =
        std::iter::repeat_with(|| line(&mut answers)).take_while(|line| !line.is_empty()).collect();
    assert!(head[0].contains("200"), "{head:?}");
    let length = usize::from_str_radix(&line(&mut answers), 16).unwrap();
    let mut first = vec![0; length + 2];
    answers.read_exact(&mut first).unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"verdict\":\"new\""));
    let mut kept = service.connect();
    write(&mut kept, "GET", "/healthz", &[], b"");
    let mut said = BufReader::new(kept.try_clone().unwrap());
    assert_eq!(Answer::read(&mut said).status, 200);
    send(&service.child, "-TERM");
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", service.port)).is_ok() {
        assert!(Instant::now() < until, "nobody new is let in");
    }
    write(&mut kept, "GET", "/v1/stats", &[], b"");
    let refused = Answer::read(&mut said);
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("closing")));
    stream.write_all((chunk(&record("b", STORY)) + "0\r\n\r\n").as_bytes()).unwrap();
    let mut rest = String::new();
    answers.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\"verdict\":\"exact\"") && rest.ends_with("0\r\n\r\n"), "{rest}");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    let both = run(&["index", "query", index.to_str().unwrap(), "a", "b"]);
    assert_eq!((code(&both), stdout(&both).lines().count()), (0, 2));
}

#[test]
fn a_stream_without_an_end_is_cut_off_in_time() {
    let dir = Dir::new();
    let mut service = Service::start(&dir.path("index"), &["--grace", "1s"]);
    let mut stream = service.connect();
    let line = record("a", STORY);
    let head = "POST /v1/filter HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}{:x}\r\n{line}\r\n", line.len()).as_bytes()).unwrap();
    while service.ask("GET", "/v1/stats", "").json()["documents"] != 1 {}
    assert_eq!(service.end("-INT"), 0);
    let answer = Answer::read(&mut BufReader::new(stream));
    assert_eq!((answer.status, answer.is_whole), (200, false), "it must not look whole");
    assert!(answer.text().contains("\"verdict\":\"new\""));
}

#[test]
fn questions_are_answered_while_documents_are_taken_and_segments_merged() {
    let dir = Dir::new();
    let service = Service::start(&dir.path("index"), &["--memory-documents", "32"]);
    service.ask("POST", "/v1/filter", record("first", STORY));
    let (done, taken) = (AtomicBool::new(false), std::sync::Mutex::new(vec!["first".to_owned()]));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for from in (0..3000).step_by(50) {
                let lines: String = (from..from + 50).map(own).collect();
                let said = service.ask("POST", "/v1/filter", lines).lines();
                taken.lock().unwrap().extend(said.iter().map(|line| line["id"].as_str().unwrap().to_owned()));
            }
            done.store(true, Ordering::Release);
        });
        let mut asked = 0;
        while !done.load(Ordering::Acquire) {
            let last = taken.lock().unwrap().last().unwrap().clone();
            let text = match last.strip_prefix("own-") {
                Some(number) => {
                    serde_json::from_str::<Value>(&own(number.parse().unwrap())).unwrap()["text"].clone()
                }
                None => json!(STORY),
            };
            let said = service.ask("POST", "/v1/check", json!({ "text": text }).to_string()).json();
            assert_eq!(
                (&said["verdict"], &said["of"]),
                (&json!("exact"), &json!(last)),
                "what was acknowledged is seen"
            );
            asked += 1;
        }
        assert!(asked > 10, "{asked}");
    });
    let stats = service.ask("GET", "/v1/stats", "").json();
    assert_eq!(stats["documents"], 3001);
    // Of 93 memories many were merged.
    assert!((1..60).contains(&stats["segments"].as_u64().unwrap()), "{stats}");
}
