#include "people/people.h"

#include <argon2.h>
#include <string.h>

#include "people/token.h"

/* OWASP's second choice for argon2id: 19 MiB, two passes, one lane. */
#define PASSES 2
#define MEMORY_KIB (19 * 1024)
#define LANES 1
#define SALT_BYTES 16
#define HASH_BYTES 32
#define ENCODED_MAX 128

char *people_hash(const char *password)
{
    uint8_t salt[SALT_BYTES];
    char encoded[ENCODED_MAX];
    token_random(salt, sizeof salt);
    int result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt,
                                       sizeof salt, HASH_BYTES, encoded, sizeof encoded);
    return result == ARGON2_OK ? g_strdup(encoded) : NULL;
}

bool people_verify(const char *encoded, const char *password)
{
    return argon2id_verify(encoded, password, strlen(password)) == ARGON2_OK;
}
