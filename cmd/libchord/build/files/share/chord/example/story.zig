//! Tells a story: story MODEL.
const std = @import("std");

extern fn chord_last_error() [*:0]const u8;
extern fn chord_open(path: [*:0]const u8, options: ?[*:0]const u8, model: *usize) c_int;
extern fn chord_close(model: usize) c_int;
extern fn chord_generate(model: usize, prompt: [*:0]const u8, params: ?[*:0]const u8, stream: *usize) c_int;
extern fn chord_next(stream: usize, json: [*]u8, cap: usize, len: *usize) c_int;
extern fn chord_free(stream: usize) c_int;
extern "c" fn printf(format: [*:0]const u8, ...) c_int;
extern "c" fn dprintf(fd: c_int, format: [*:0]const u8, ...) c_int;

/// CHORD_DONE.
const done = 1;

/// What chord_last_error explains.
const Failed = error{Failed};

/// Returns a status that is no error.
fn check(status: c_int) Failed!c_int {
    return if (status == 0 or status == done) status else Failed.Failed;
}

/// Prints the text of each event as it stands in JSON.
fn print(stream: usize) Failed!void {
    var json: [4096]u8 = undefined;
    var len: usize = 0;
    const begin = "{\"content\":\"";
    while (try check(chord_next(stream, &json, json.len, &len)) != done) {
        if (!std.mem.startsWith(u8, json[0..len], begin)) continue;
        const text = json[begin.len .. len - 2];
        _ = printf("%.*s", @as(c_int, @intCast(text.len)), text.ptr);
    }
}

/// Continues the beginning of a story.
fn story(path: [*:0]const u8) Failed!void {
    var model: usize = 0;
    var stream: usize = 0;
    _ = try check(chord_open(path, null, &model));
    defer _ = chord_close(model);
    _ = printf("Once upon a time");
    _ = try check(chord_generate(model, "Once upon a time", "{\"max_tokens\": 40}", &stream));
    defer _ = chord_free(stream);
    try print(stream);
    _ = printf("\n");
}

pub export fn main(argc: c_int, argv: [*][*:0]u8) c_int {
    if (argc != 2) {
        _ = dprintf(2, "usage: story MODEL\n");
        return 2;
    }
    story(argv[1]) catch {
        _ = dprintf(2, "story: %s\n", chord_last_error());
        return 1;
    };
    return 0;
}
