<?php

// What our classes for Jetstream use of Jetstream, Livewire and Laravel's Foundation, in their
// names and shapes. None of the three is packaged by Debian.

declare(strict_types=1);

namespace {
    use Illuminate\Container\Container;

    function app(string $name): mixed
    {
        return Container::getInstance()->make($name);
    }

    function request(): mixed
    {
        return app('request');
    }

    function __(string $text): string
    {
        return $text;
    }
}

namespace Illuminate\Validation {
    if (!class_exists(ValidationException::class, false)) {
        class ValidationException extends \Exception
        {
            public static function withMessages(array $messages): self
            {
                return new self(implode(' ', array_merge(...array_values($messages))));
            }
        }
    }
}

namespace Livewire {
    class Livewire
    {
        public static array $components = [];

        public static function component(string $name, string $class): void
        {
            self::$components[$name] = $class;
        }
    }

    class Component
    {
        public array $dispatched = [];

        public function dispatch(string $event): void
        {
            $this->dispatched[] = $event;
        }

        public function resetErrorBag(): void
        {
        }
    }
}

namespace Laravel\Jetstream {
    class Jetstream
    {
    }

    class Agent
    {
        private string $ua = '';

        public function setUserAgent(string $ua): void
        {
            $this->ua = $ua;
        }

        public function platform(): string
        {
            return "platform of {$this->ua}";
        }

        public function browser(): string
        {
            return "browser of {$this->ua}";
        }

        public function isDesktop(): bool
        {
            return true;
        }
    }
}

namespace Laravel\Jetstream\Http\Livewire {
    use Illuminate\Contracts\Auth\StatefulGuard;
    use Livewire\Component;

    class LogoutOtherBrowserSessionsForm extends Component
    {
        public $confirmingLogout = false;
        public $password = '';

        public function logoutOtherBrowserSessions(StatefulGuard $guard)
        {
        }

        protected function deleteOtherSessionRecords()
        {
        }

        public function getSessionsProperty()
        {
        }
    }
}

namespace Laravel\Jetstream\Http\Controllers\Inertia {
    use Illuminate\Contracts\Auth\StatefulGuard;
    use Illuminate\Http\Request;

    class OtherBrowserSessionsController
    {
        public function destroy(Request $request, StatefulGuard $guard)
        {
            $this->deleteOtherSessionRecords($request);
        }

        protected function deleteOtherSessionRecords(Request $request)
        {
        }
    }

    class UserProfileController
    {
        public function sessions(Request $request)
        {
        }
    }
}
