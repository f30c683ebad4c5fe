// Package chat renders chats to prompts and parses generated text to messages.
//
// A [Template] renders a chat in the form that the model was trained on, as
// [Segment]s that mark content: the text of users, tools and the model. [Encode]
// keeps content from becoming control tokens. A [Parser] splits generated text, as
// it streams, into reasoning, content and calls of tools.
package chat
