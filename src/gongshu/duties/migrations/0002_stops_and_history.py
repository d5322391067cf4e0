import django.db.models.deletion
import gongshu.duties.states
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('duties', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='duty',
            name='concerned',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='duty',
            name='emergency',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='duty',
            name='extended_by',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='duty',
            name='extension_rule',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='duty',
            name='further_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='duty',
            name='status',
            field=models.CharField(choices=[('open', 'open'), ('stopped', 'stopped'), ('overdue', 'overdue'), ('done', 'done'), ('cancelled', 'cancelled')], default=gongshu.duties.states.DutyStatus['OPEN'], max_length=12),
        ),
        migrations.AlterField(
            model_name='duty',
            name='title_en',
            field=models.CharField(max_length=600),
        ),
        migrations.AlterField(
            model_name='duty',
            name='title_zh',
            field=models.CharField(max_length=600),
        ),
        migrations.AlterField(
            model_name='duty',
            name='words_en',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='duty',
            name='words_zh',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.CreateModel(
            name='DutyEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opened', 'opened'), ('stopped', 'stopped'), ('resumed', 'resumed'), ('extended', 'extended'), ('shortened', 'shortened'), ('emergency', 'emergency'), ('deadline_fixed', 'deadline_fixed'), ('reminded', 'reminded'), ('escalated', 'escalated'), ('escalated_further', 'escalated_further'), ('done', 'done'), ('cancelled', 'cancelled')], max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=64)),
                ('organization', models.CharField(blank=True, max_length=64)),
                ('note', models.TextField(blank=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('entry_id', models.CharField(blank=True, max_length=64)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='duties.duty')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='DutyStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('supplement', 'supplement'), ('third_party', 'third_party'), ('coordination', 'coordination')], max_length=20)),
                ('note', models.TextField(blank=True)),
                ('first', models.DateField()),
                ('last', models.DateField(blank=True, null=True)),
                ('stopped_by', models.CharField(max_length=64)),
                ('resumed_by', models.CharField(blank=True, max_length=64)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stops', to='duties.duty')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('last__isnull', True)), fields=('duty',), name='duties_one_open_stop')],
            },
        ),
    ]
