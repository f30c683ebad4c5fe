package cpu

import "testing"

func TestParseID(t *testing.T) {
	turin := ID{"AuthenticAMD", 26, 2, 1}
	for _, c := range []struct {
		name, text string
		want       ID
	}{
		{"amd64", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\n", turin},
		{"the same under another name", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: Some Virtual Processor: 2\nstepping\t: 1\n", turin},
		{"the first of two", "vendor_id: GenuineIntel\ncpu family: 6\nmodel: 143\nstepping: 8\n\nvendor_id: GenuineIntel\ncpu family: 7\nmodel: 1\nstepping: 1\n", ID{"GenuineIntel", 6, 143, 8}},
		{"arm64", "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n", ID{"0x41", 8, 0xd0c, 1}},
		{"s390x", "vendor_id       : IBM/S390\n# processors    : 4\n", ID{}},
		{"no number", "vendor_id: AuthenticAMD\ncpu family: unknown\nmodel: 2\nstepping: 1\n", ID{}},
		{"empty", "", ID{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParseID(c.text)
			if got != c.want || ok != (c.want != ID{}) {
				t.Errorf("got %v, %v, want %v", got, ok, c.want)
			}
		})
	}
}

func TestThis(t *testing.T) {
	if id := This(); id.Vendor == "" {
		t.Errorf("no vendor: %v", id)
	}
}
