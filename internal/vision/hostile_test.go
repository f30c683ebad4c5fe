package vision

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
)

// mmproj returns the bytes of the small tower.
func mmproj(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := synth.WriteMMProj(&b, 1); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open opens the bytes of a tower, after a change of its keys.
func open(b []byte, change func(f *gguf.File)) error {
	f, err := gguf.OpenReaderAt(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	change(f)
	e, err := New(f, 1)
	if err == nil {
		err = e.Close()
	}
	return err
}

// TestHostileFiles wants an error of files whose keys and tensors contradict each other.
func TestHostileFiles(t *testing.T) {
	b := mmproj(t)
	for _, c := range []struct {
		kv   string
		want error
	}{
		{"general.architecture=str:llama", ErrUnsupported},
		{"clip.projector_type=str:gemma9", ErrUnsupported},
		{"clip.has_vision_encoder=bool:false", ErrUnsupported},
		{"clip.vision.image_size=int:168", gguf.ErrFormat},
		{"clip.vision.image_size=int:161", gguf.ErrFormat},
		{"clip.vision.image_size=int:0", gguf.ErrFormat},
		{"clip.vision.image_size=int:1000000", gguf.ErrFormat},
		{"clip.vision.patch_size=int:0", gguf.ErrFormat},
		{"clip.vision.patch_size=int:1", gguf.ErrFormat},
		{"clip.vision.patch_size=int:160", gguf.ErrFormat},
		{"clip.vision.embedding_length=int:96", gguf.ErrFormat},
		{"clip.vision.feed_forward_length=int:65536", gguf.ErrFormat},
		{"clip.vision.block_count=int:4", gguf.ErrFormat},
		{"clip.vision.block_count=int:-1", gguf.ErrFormat},
		{"clip.vision.attention.head_count=int:5", gguf.ErrFormat},
		{"clip.vision.projector.scale_factor=int:3", gguf.ErrFormat},
		{"clip.vision.projector.scale_factor=int:0", gguf.ErrFormat},
		{"clip.vision.image_mean=str:x", gguf.ErrFormat},
		{"clip.vision.attention.layer_norm_epsilon=float:2", gguf.ErrFormat},
		{"clip.use_gelu=int:1", gguf.ErrFormat},
	} {
		kv, err := gguf.ParseKV(c.kv)
		if err != nil {
			t.Fatal(err)
		}
		err = open(b, func(f *gguf.File) {
			if err := f.Override(kv); err != nil {
				t.Fatal(err)
			}
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.kv, err, c.want)
		}
	}
	for i := range 55 {
		err := open(b, func(f *gguf.File) { f.Tensors[i].Shape = []uint64{1 << 40, 3} })
		if err == nil {
			t.Errorf("tensor %d of another shape: no error", i)
		}
	}
}

// TestHostilePictures wants an error of pictures that are broken or too large, before
// there is memory for their pixels.
func TestHostilePictures(t *testing.T) {
	whole := made(31, 77).asPNG(t)
	resized := func(size string) []byte {
		b := bytes.Clone(whole)
		copy(b[16:], size)
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "no pixels": resized("\x00\x00\x00\x00\x00\x00\x00\x4d"), "cut short": whole[:len(whole)/2],
		"65536 on a side": resized("\x00\x01\x00\x00\x00\x00\x00\x01"), "two thousand million pixels": resized("\x00\x00\x7f\xff\x00\x00\x7f\xff"),
		"2^31 on a side": resized("\x7f\xff\xff\xff\x7f\xff\xff\xff"),
	} {
		if allocated := testing.AllocsPerRun(1, func() { _, _ = Decode(b) }); allocated > 1000 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
		if _, err := Decode(b); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: got %v, want ErrPicture", name, err)
		}
	}
}

// TestDecode wants the colors of pictures of all kinds, without transparency.
func TestDecode(t *testing.T) {
	red := image.NewPaletted(image.Rect(2, 3, 5, 5), color.Palette{color.NRGBA{200, 10, 20, 255}, color.Black})
	var g, j bytes.Buffer
	if err := gif.Encode(&g, red, nil); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, red, nil); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"gif": g.Bytes(), "jpeg": j.Bytes()} {
		p, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		at := 3 * (p.Width*(p.Height-1) + p.Width - 1)
		for k, want := range []int{200, 10, 20} {
			if got := int(p.RGB[at+k]); got < want-6 || got > want+6 {
				t.Errorf("%s of %d×%d: color %d of the last pixel is %d, want %d", name, p.Width, p.Height, k, got, want)
			}
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	clear.Set(0, 0, color.NRGBA{1, 2, 3, 0})
	if p := toRGB(clear); !bytes.Equal(p.RGB, []byte{1, 2, 3}) {
		t.Errorf("a transparent pixel: got %d, want [1 2 3]", p.RGB)
	}
}

// TestCanceled wants the error of a context that is done.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := encoder(t, "gemma3", 1).EncodePicture(ctx, made(9, 9)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// FuzzDecode decodes anything.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("GIF89a"))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, h, err := Size(b); err != nil || w*h > 1<<20 {
			return
		}
		if p, err := Decode(b); err == nil && len(p.RGB) != 3*p.Width*p.Height {
			t.Errorf("%d bytes for %d×%d pixels", len(p.RGB), p.Width, p.Height)
		}
	})
}

// FuzzNew opens towers in which some bytes of the header are others.
func FuzzNew(f *testing.F) {
	b := mmproj(f)
	f.Add(uint32(100), uint32(7))
	f.Fuzz(func(t *testing.T, at, to uint32) {
		b := bytes.Clone(b)
		b[int(at)%8000] = byte(to)
		_ = open(b, func(*gguf.File) {})
	})
}
