package llama

import "testing"

// TestRelBuckets wants the first distance of every bucket of T5's 32, half of which
// are for tokens after another one.
func TestRelBuckets(t *testing.T) {
	p := &pass{c: &Config{RelBuckets: 32}}
	p.buckets = relBuckets(32)
	for bucket, first := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91} {
		if got := p.relBucket(-first); got != bucket {
			t.Errorf("distance -%d: bucket %d, want %d", first, got, bucket)
		}
		if got := p.relBucket(1 - first); first > 0 && got != bucket-1 {
			t.Errorf("distance -%d: bucket %d, want %d", first-1, got, bucket-1)
		}
		if got := p.relBucket(first); first > 0 && got != bucket+16 {
			t.Errorf("distance %d: bucket %d, want %d", first, got, bucket+16)
		}
	}
	if got := p.relBucket(-1 << 30); got != 15 {
		t.Errorf("far away: bucket %d, want 15", got)
	}
}
