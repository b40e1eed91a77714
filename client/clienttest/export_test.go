package clienttest

// Verify is what the server does with a signature, at a time of the test's choice.
var Verify = (*Server).verify
