/*
 * A network address as the subject of a limit.
 *
 * Runs on: any thread.
 * Memory:  the text is yours.
 */
#ifndef PEOPLE_ADDRESS_H
#define PEOPLE_ADDRESS_H

/*
 * IPv4 as it is, also when mapped into IPv6; IPv6 by its /64: who can have one address of it can have all. "?" for NULL
 * and whatever is no address: one subject, so that rubbish is no way round a limit.
 */
char *address_subject(const char *address);

#endif
