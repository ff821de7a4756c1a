<?php

// Laravel's Store, with session ids of the site's cookie form, and with data that JSON can hold.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Session\Store as LaravelStore;
use SessionsForRedis\Data\Json;
use SessionsForRedis\Stores\CookieForm;

class Store extends LaravelStore
{
    /**
     * The session ids that the languages of a site generate, signed or not. Laravel's own ids are
     * 40 letters and digits.
     */
    private const ID = '#^[\w:.,+/-]{22,256}$#D';

    /** @var array<mixed> what the handler has read */
    private array $read = [];

    public function __construct(
        string $name,
        SessionHandler $handler,
        private readonly CookieForm $form,
        ?string $id = null,
    ) {
        parent::__construct($name, $handler, $id, $handler->serialization->value);
    }

    /** @param mixed $id */
    public function isValidId($id)
    {
        return is_string($id) && preg_match(self::ID, $id) && $this->form->token($id) !== null;
    }

    /**
     * The next session inherits nothing of this session, not even its user: another framework may
     * have logged the user in.
     */
    public function invalidate()
    {
        $this->flush();
        $this->handler->end($this->getId());
        return $this->migrate();
    }

    protected function generateSessionId()
    {
        return $this->form->draw();
    }

    /**
     * Laravel merges the data that it reads into its own, which renames keys that consist of
     * digits.
     */
    protected function loadSession()
    {
        $had = $this->attributes;
        $this->read = [];
        parent::loadSession();
        $isNamed = static fn (string|int $name): bool => is_string($name);
        $named = array_filter($this->attributes, $isNamed, ARRAY_FILTER_USE_KEY);
        $this->attributes = array_replace($had, $this->read, $named);
    }

    protected function readFromHandler()
    {
        return $this->read = parent::readFromHandler();
    }

    /**
     * Laravel writes the public properties of an object as JSON, and an empty text for a value that
     * it cannot write.
     *
     * @param string|false $data
     */
    protected function prepareForStorage($data)
    {
        // In Laravel 8 the handler gets the objects.
        $attributes = $this->handler->serialization === Serialization::Json ? $this->attributes : [];
        foreach ($attributes as $name => $value) {
            self::check($value, (string) $name);
        }
        return parent::prepareForStorage($data);
    }

    private static function check(#[\SensitiveParameter] mixed $value, string $path): void
    {
        if ($value instanceof \JsonSerializable || $value instanceof \BackedEnum) {
            return;
        }
        if (!is_array($value)) {
            Json::value($value, $path);
            return;
        }
        foreach ($value as $name => $inner) {
            self::check($inner, "$path.$name");
        }
    }
}
