package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ConnectError says that there is nobody to talk to.
type ConnectError struct {
	text string
	err  error
}

func (e *ConnectError) Error() string { return "no connection: " + e.text }

// Unwrap returns why.
func (e *ConnectError) Unwrap() error { return e.err }

func connectError(err error) *ConnectError { return &ConnectError{explainTLS(err), err} }

// explainTLS says what to do about an error of TLS, where that is known.
func explainTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown):
		return "the certificate of the server is not trusted: name the CA that issued it with --cacert, or for a test " +
			"use --insecure"
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of the server is for another host than %s; is the endpoint right?", name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of the server has expired or is not valid yet; is the clock right? " + invalid.Detail
	case errors.As(err, &record):
		return "the server does not speak TLS; is http:// meant?"
	}
	return err.Error()
}
