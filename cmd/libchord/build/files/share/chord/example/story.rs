//! Tells a story: story MODEL.
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int};

#[link(name = "chord")]
extern "C" {
    fn chord_last_error() -> *const c_char;
    fn chord_open(path: *const c_char, options: *const c_char, model: *mut usize) -> c_int;
    fn chord_close(model: usize) -> c_int;
    fn chord_generate(model: usize, prompt: *const c_char, params: *const c_char, stream: *mut usize) -> c_int;
    fn chord_next(stream: usize, json: *mut c_char, cap: usize, len: *mut usize) -> c_int;
    fn chord_free(stream: usize) -> c_int;
}

const DONE: c_int = 1;

/// What a status says.
fn check(status: c_int) -> Result<c_int, String> {
    match status {
        0 | DONE => Ok(status),
        _ => Err(unsafe { CStr::from_ptr(chord_last_error()) }.to_string_lossy().into_owned()),
    }
}

/// Prints the text of each event as it stands in JSON.
fn print(stream: usize) -> Result<(), String> {
    let mut json = [0u8; 4096];
    let mut len = 0;
    while check(unsafe { chord_next(stream, json.as_mut_ptr().cast(), json.len(), &mut len) })? != DONE {
        let event = String::from_utf8_lossy(&json[..len]);
        if let Some(text) = event.strip_prefix("{\"content\":\"") {
            print!("{}", text.trim_end_matches("\"}"));
        }
    }
    Ok(())
}

/// Continues the beginning of a story.
fn story(model: usize) -> Result<(), String> {
    let (prompt, params) = (CString::new("Once upon a time").unwrap(), CString::new("{\"max_tokens\": 40}").unwrap());
    let mut stream = 0;
    check(unsafe { chord_generate(model, prompt.as_ptr(), params.as_ptr(), &mut stream) })?;
    let result = print(stream);
    check(unsafe { chord_free(stream) })?;
    result
}

fn run(path: &str) -> Result<(), String> {
    let path = CString::new(path).map_err(|err| err.to_string())?;
    let mut model = 0;
    check(unsafe { chord_open(path.as_ptr(), std::ptr::null(), &mut model) })?;
    print!("Once upon a time");
    let result = story(model);
    println!();
    check(unsafe { chord_close(model) })?;
    result
}

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    if let Err(err) = run(&path) {
        eprintln!("story: {}", err);
        std::process::exit(1);
    }
}
