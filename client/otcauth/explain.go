package otcauth

import (
	"errors"
	"net/http"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/internal/printable"
	"github.com/dmstask/dmstask/internal/secret"
)

// Of the text of an error that may be the service's, longestError bytes are shown. More than longestRead is not looked
// through for credentials, which takes many times its size in memory.
const (
	longestError = 500
	longestRead  = 64 << 10
)

// shown returns the text of an error as one line that is not too long, without credentials.
func shown(err error, credentials []string) string {
	text := err.Error()
	text = text[:min(len(text), longestRead)]
	return printable.Brief(secret.NewCleaner(credentials...).Clean(text), longestError)
}

// show returns err with such a text.
func show(err error, credentials []string) error {
	if text := shown(err, credentials); text != err.Error() {
		return printable.Error(text, err)
	}
	return err
}

// explain says where a login failed, and why as far as that is known. seen are credentials that are not in the
// settings.
func (i identity) explain(err error, seen []string) error {
	if refused := (golangsdk.ErrDefault401{}); errors.As(err, &refused) {
		text := "the identity service " + i.cloud.AuthInfo.AuthURL + " refuses the credentials"
		return printable.Error(text, err, client.ErrUnauthorized)
	}
	text := shown(err, append(ofCloud(i.cloud), seen...))
	return printable.Error("login at "+i.cloud.AuthInfo.AuthURL+": "+text, err)
}

// ofCloud returns the credentials in the settings of a cloud.
func ofCloud(cloud *openstack.Cloud) []string {
	auth := cloud.AuthInfo
	return []string{auth.Password, auth.Token, auth.SecretKey, auth.SecurityToken, auth.Passcode}
}

// ofProvider returns the credentials that a provider has.
func ofProvider(provider *golangsdk.ProviderClient) []string {
	return []string{provider.Token(), provider.AKSKAuthOptions.SecretKey, provider.AKSKAuthOptions.SecurityToken}
}

// inHeader returns what a login sends and gets for credentials beside those of the settings: a signature, a new token.
func inHeader(header http.Header) []string {
	return []string{secret.InField(header.Get("Authorization")), header.Get("X-Subject-Token")}
}
