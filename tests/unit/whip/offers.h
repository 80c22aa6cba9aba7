/* An offer as Chromium 156 writes it, shortened; 192.0.2.x and the names in it are nobody's. */
#ifndef TESTS_WHIP_OFFERS_H
#define TESTS_WHIP_OFFERS_H

#define FINGERPRINT                                                                                \
    "a=fingerprint:sha-256 A6:72:89:CB:F4:71:44:97:DF:96:4B:07:B6:F2:F6:8E:36:D0:69:E2:DD:C3:46:"  \
    "D9:38:B9:40:07:A9:2B:28:31\r\n"
#define OFFER_HEAD                                                                                 \
    "v=0\r\no=- 5341527075992403441 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                        \
    "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS 074d19fd\r\n"
#define OFFER_SECRETS                                                                              \
    "a=ice-ufrag:ZXOe\r\na=ice-pwd:NX1Hxw4rcJaI4exnU/"                                             \
    "GtfUpa\r\na=ice-options:trickle\r\n" FINGERPRINT "a=setup:actpass\r\n"
#define TRANSPORT_CC                                                                               \
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
#define OFFER_SOUND                                                                                \
    "m=audio 45992 UDP/TLS/RTP/SAVPF 111 63 9 0\r\nc=IN IP4 192.0.2.2\r\n"                         \
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"                                                                  \
    "a=candidate:2320422393 1 udp 2122194687 192.0.2.2 45992 typ host generation 0\r\n"            \
    "a=candidate:1 1 udp 2122194687 secret-name.local 45992 typ host\r\n" OFFER_SECRETS            \
    "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" TRANSPORT_CC           \
    "a=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"                                    \
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n"                         \
    "a=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=ssrc:3640824079 cname:bHPakZO\r\n"
#define PICTURE_HEAD                                                                               \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 100 101 102 103\r\nc=IN IP4 0.0.0.0\r\n" OFFER_SECRETS      \
    "a=mid:1\r\n" TRANSPORT_CC "a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"  \
    "a=fmtp:97 apt=96\r\n"
#define PICTURE_H264                                                                               \
    "a=rtpmap:100 H264/90000\r\n"                                                                  \
    "a=fmtp:100 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\r\n"        \
    "a=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\na=rtpmap:102 H264/90000\r\n"                  \
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"        \
    "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
#define PICTURE_TAIL                                                                               \
    "a=ssrc-group:FID 111222333 444555666\r\na=ssrc:111222333 cname:bHPakZO\r\n"                   \
    "a=ssrc:444555666 cname:bHPakZO\r\n"
#define OFFER_PICTURE PICTURE_HEAD PICTURE_H264 "a=sendonly\r\n" PICTURE_TAIL
#define OFFER OFFER_HEAD OFFER_SOUND OFFER_PICTURE

/* What a receiver answers. */
#define ANSWER                                                                                     \
    "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"                      \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:receiverUfrag\r\n"         \
    "a=ice-pwd:receiverPasswordOfTheTest\r\na=mid:0\r\na=recvonly\r\n"                             \
    "m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:receiverUfrag\r\n"     \
    "a=ice-pwd:receiverPasswordOfTheTest\r\na=mid:1\r\na=fmtp:102 packetization-mode=1\r\n"        \
    "a=recvonly\r\n"

#endif
