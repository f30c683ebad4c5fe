module github.com/querent-ai/chord/internal/tests

go 1.26

require (
	github.com/dlclark/regexp2/v2 v2.12.0
	github.com/querent-ai/chord v0.0.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	go.uber.org/goleak v1.3.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.14.0 // indirect
)
