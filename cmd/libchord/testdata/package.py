"""Calls the Python package. Arguments: the model, an adapter of it, a reranker."""

import sys
import threading

import chord

path, lora, ranks = sys.argv[1:]
loaded = []
m = chord.Model(path, threads=1, on_load=lambda done, total: loaded.append((done, total)))
assert loaded and loaded[0][0] < loaded[-1][0] <= loaded[-1][1], loaded
assert m.info()["Arch"] == "llama" and chord.features()["abi"] == 1 and chord.version()

ids = m.tokenize("Once upon a time")
assert m.detokenize(ids).strip() == "Once upon a time", ids
assert len(m.tokenize("a " * 3000)) > 2000  # a buffer that grows

greedy = {"max_tokens": 8, "temperature": 0, "ignore_eos": True}
text = m.generate("Once upon a time", **greedy)
pieces = list(text)
assert len(pieces) > 3 and text.result["generated"] == 8, (pieces, text.result)
assert m.generate("Yes?", json_schema={"const": 7}).read() == "7"
events = list(m.generate("Once", logprobs=1, **greedy).events())
assert any("token" in e for e in events) and "result" in events[-1]
assert m.chat([{"role": "user", "content": "Hi"}], max_tokens=4).read()

cat, dog = m.embed(["cat", "dog"])
assert len(cat) == len(dog) == m.info()["VectorDim"] and cat != dog
likely, unlikely = m.score("Once upon a", [" time", " xylophone"])
assert unlikely < likely < 0
(logits,) = m.logits(ids[:-1])
assert logits.index(max(logits)) == ids[-1]
assert len(m.logprobs(ids, top=2)[1]["top"]) == 2

with chord.Model(ranks, threads=1) as r:
    assert len(set(r.rerank("cat", ["a cat", "the sea"]))) == 2

with m.adapter(lora) as a:
    assert a.info()["Rank"] == 8
    (changed,) = m.score("Once upon a", [" time"], lora=[(a, 0.5)])
    assert changed != likely

with m.session() as s:
    s.append("Once upon a time")
    assert s.fork().generate(**greedy).read() == "".join(pieces)  # the text keeps the session
    with s.fork() as f, m.restore(s.save()) as r:
        said = s.generate(**greedy).read()
        assert said == f.generate(**greedy).read() == r.generate(**greedy).read() == "".join(pieces)
    s.rewind(len(ids))
    assert s.tokens() == ids

text = m.generate("Once upon a time", ignore_eos=True, max_tokens=500)
next(text.events())
threading.Thread(target=text.cancel).start()
for call, status in [(text.read, 12), (lambda: m.rerank("a", ["b"]), 8), (lambda: m.generate("a", temperature="hot"), 6), (lambda: chord.Model("absent.gguf"), 14)]:
    try:
        call()
    except chord.ChordError as e:
        assert e.status == status and str(e), (e.status, e)
    else:
        raise AssertionError(status)
m.close()
m.close()
print("all right")
