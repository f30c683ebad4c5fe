// Package chat turns chats into prompts and what a model says into messages.
//
// A [Template] renders a chat as the model was trained to read it, in
// [Segment]s that say which parts are content: what people, tools and the
// model itself have said. [Encode] lets no content become a control token. A
// [Parser] takes what the model says apart again, piece by piece: what it
// thinks, what it answers and which tools it calls.
package chat
