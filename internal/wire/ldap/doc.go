// Package ldap writes the five requests and reads the four answers of LDAPv3 (RFC 4511) that tell how a directory
// guards its binds: the rootDSE search, the SASL and simple bind, StartTLS and unbind.
//
// It works on bytes only, accepts the five-byte lengths Active Directory writes, and classifies AD's diagnostic text
// by its numbers ([MS-ADTS] §5.1.1, [MS-ERREF] §2.1), never by its localised words. It follows no referral, decodes
// no schema, and knows no write operation: add, modify, delete and rename cannot be expressed with it.
package ldap
