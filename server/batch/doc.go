// Package batch answers files of requests, in the format of OpenAI's batches: each line
// of the input is a request,
//
//	{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {…}}
//
// and has one line in the output if it was answered with status 200, else one in the file
// of errors. Both are in the order of the input.
//
// The bytes of an answer depend on the job and the model alone: ids and the seed of a
// request without one are hashes of job and line, the time is that of the job, and no figure
// of time or of caches is told. So it does not matter who answers a line, when, or how
// often: package queue gives lines to workers of any number of processes.
package batch
