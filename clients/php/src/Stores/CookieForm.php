<?php

// The forms of an app's cookie. All packages and the HTTP service read and write them in the same
// way, so one cookie works for all of them.

declare(strict_types=1);

namespace SessionsForRedis\Stores;

final class CookieForm
{
    public const TOKEN = 'token';
    public const SHA256 = 'sha256';
    public const SIGNED = 'signed';

    private const TOKEN_PATTERN = '/^[A-Za-z0-9]{64}$/D';
    private const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

    /** @param list<string> $secrets the first one signs */
    private function __construct(private readonly string $form, #[\SensitiveParameter] private readonly array $secrets)
    {
    }

    /**
     * `token`: the value is the token; a value of another form is hashed. `sha256`: the token is
     * the SHA-256 of the value. `signed`: the same with a signature, as express-session has it:
     * `s:value.signature`.
     *
     * @param string|list<string>|null $secret for `signed`: the secrets of express-session; the
     *     first one signs
     */
    public static function of(string $form, #[\SensitiveParameter] string|array|null $secret = null): self
    {
        if (!in_array($form, [self::TOKEN, self::SHA256, self::SIGNED], true)) {
            throw new \InvalidArgumentException('cookie must be "token", "sha256" or "signed"');
        }
        $secrets = array_values((array) $secret);
        if ($form === self::SIGNED && $secrets === []) {
            throw new \InvalidArgumentException('the cookie form "signed" requires secret');
        }
        if ($form !== self::SIGNED && $secrets !== []) {
            throw new \InvalidArgumentException('secret requires the cookie form "signed"');
        }
        foreach ($secrets as $text) {
            if (!is_string($text) || $text === '') {
                throw new \InvalidArgumentException('secret must be a non-empty string or a list of non-empty strings');
            }
        }
        return new self($form, $secrets);
    }

    /** Whether the server may generate the cookie's value, because the value is the token. */
    public function isToken(): bool
    {
        return $this->form === self::TOKEN;
    }

    /** A new value, of random bytes from the operating system. */
    public function draw(): string
    {
        if ($this->form === self::TOKEN) {
            return self::drawToken();
        }
        $value = rtrim(strtr(base64_encode(random_bytes(32)), '+/', '-_'), '=');
        return $this->form === self::SIGNED ? "s:$value." . self::signature($value, $this->secrets[0]) : $value;
    }

    private static function drawToken(): string
    {
        $token = '';
        while (strlen($token) < 64) {
            foreach (str_split(random_bytes(80)) as $byte) {
                // Bytes above the last whole multiple of 62 would favour some characters.
                $token .= ord($byte) < 248 ? self::ALPHABET[ord($byte) % 62] : '';
            }
        }
        return substr($token, 0, 64);
    }

    /**
     * The token that a cookie's value names; null if no session of this app can have such a value.
     */
    public function token(#[\SensitiveParameter] string $value): ?string
    {
        return match ($this->form) {
            self::TOKEN => preg_match(self::TOKEN_PATTERN, $value) ? $value : hash('sha256', $value),
            self::SHA256 => hash('sha256', $value),
            self::SIGNED => $this->verified($value),
        };
    }

    private function verified(#[\SensitiveParameter] string $cookie): ?string
    {
        // express-session puts `s:` before the signed value; @fastify/session does not.
        $signed = str_starts_with($cookie, 's:') ? substr($cookie, 2) : $cookie;
        $dot = strrpos($signed, '.');
        if ($dot === false) {
            return null;
        }
        $value = substr($signed, 0, $dot);
        foreach ($this->secrets as $secret) {
            if (hash_equals(self::signature($value, $secret), substr($signed, $dot + 1))) {
                return hash('sha256', $value);
            }
        }
        return null;
    }

    private static function signature(
        #[\SensitiveParameter] string $value,
        #[\SensitiveParameter] string $secret,
    ): string {
        return rtrim(base64_encode(hash_hmac('sha256', $value, $secret, true)), '=');
    }

    public function __debugInfo(): array
    {
        return ['form' => $this->form];
    }
}
